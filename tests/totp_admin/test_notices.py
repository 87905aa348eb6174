"""Whoever's app is changed at the desk is told of it by mail (T-33), before it could be forgotten."""

from base64 import b32encode

import pytest

from idp.core.notice import NoticeKind
from tests.parts.site import SEED
from tests.parts.smtp import PostOffice
from tests.totp_admin.conftest import Desk

KEY = b32encode(SEED.reveal()).decode()


def subjects(desk: Desk, office: PostOffice) -> list[str]:
    outbox = desk.idp.site.outbox
    assert outbox is not None
    outbox.deliver(desk.idp.clock)
    return [str(each.message["Subject"]) for each in office.received]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        pytest.param(NoticeKind.REGISTERED, ("register", "bob", "--stdin"), id="T-33-registered"),
        pytest.param(NoticeKind.REPLACED, ("register", "bob", "--stdin", "--replace"), id="T-33-replaced"),
        pytest.param(NoticeKind.RESET, ("reset", "bob"), id="T-33-reset"),
    ],
)
def test_a_change_at_the_desk_is_told(
    desk_with_mail: tuple[Desk, PostOffice], kind: NoticeKind, arguments: tuple[str, ...]
) -> None:
    desk, office = desk_with_mail
    if kind is not NoticeKind.REGISTERED:
        desk.idp.enrol("bob")

    result = desk.run(*arguments, stdin=KEY)

    assert result.exit_code == 0
    title = desk.idp.site.words.text("ja", f"totp.notice.{kind}.title")
    assert subjects(desk, office) == [f"【例示大学】{title}"]
    (received,) = office.received
    assert received.recipients == ["bob@example.ac.jp"]
    assert "操作元: 窓口（管理者）" in received.text
    assert KEY not in received.text


@pytest.mark.parametrize("arguments", [("reset", "bob"), ("register", "bob", "--file", "there")])
def test_what_was_not_done_is_not_told(desk_with_mail: tuple[Desk, PostOffice], arguments: tuple[str, ...]) -> None:
    desk, office = desk_with_mail
    desk.file("there", "old")

    result = desk.run(*(str(desk.folder / each) if each == "there" else each for each in arguments))
    desk.idp.clock.advance(hours=1)

    assert result.exit_code == 1
    assert subjects(desk, office) == []


def test_t33_nothing_is_changed_of_which_nobody_could_be_told(desk_with_mail: tuple[Desk, PostOffice]) -> None:
    desk, _ = desk_with_mail
    desk.idp.enrol("bob")
    records = desk.idp.site.settings.records_path
    for suffix in ("-wal", "-shm"):
        records.with_name(records.name + suffix).unlink(missing_ok=True)
    records.write_bytes(b"not a database " * 1000)

    result = desk.run("reset", "bob")

    assert result.exit_code == 1
    assert "D202" in result.output
    assert "no app" not in desk.run("status", "bob").output
