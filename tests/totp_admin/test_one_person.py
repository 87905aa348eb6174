"""What is done for one person: status, registration at the desk, reset, unlocking; each written down (X-10)."""

import os
import pwd
from base64 import b32encode
from urllib.parse import parse_qs, urlsplit

import pytest

from plugins.totp.method import RACES
from tests.parts.site import OUTSIDE, SEED
from tests.parts.sites import ask_code, is_success
from tests.totp_admin.conftest import Desk

KEY = b32encode(SEED.reveal()).decode()
ME = pwd.getpwuid(os.getuid()).pw_name


def logs_in(desk: Desk, username: str) -> bool:
    browser = desk.idp.browser(OUTSIDE)
    return is_success(browser.submit(ask_code(browser, username), tokencode=desk.idp.code()))


@pytest.fixture(autouse=True)
def service_provider(desk: Desk) -> None:
    from tests.login.conftest import SP

    desk.idp.register(SP)


def test_a_key_read_from_standard_input_logs_in(desk: Desk) -> None:
    result = desk.run("register", "bob", "--stdin", stdin=f"{KEY}\n")

    assert (result.exit_code, result.output) == (0, "bob: registered\n")
    assert logs_in(desk, "bob")


def test_a_new_key_goes_into_a_file_of_its_owner_alone(desk: Desk) -> None:
    file = desk.folder / "bob.txt"

    result = desk.run("register", "bob", "--file", str(file))

    assert result.exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    link = urlsplit(file.read_text().strip())
    (key,) = parse_qs(link.query)["secret"]
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert len(key) == 32
    assert key not in result.output


def test_a_new_key_can_be_a_picture(desk: Desk) -> None:
    file = desk.folder / "bob.svg"

    assert desk.run("register", "bob", "--file", str(file)).exit_code == 0
    assert file.read_text().lstrip().startswith("<")
    assert "<svg" in file.read_text()


def test_no_key_is_shown_to_anything_but_a_terminal(desk: Desk) -> None:
    result = desk.run("register", "bob", "--show")

    assert result.exit_code == 2
    assert "terminal" in result.output
    assert "no app" in desk.run("status", "bob").output


@pytest.mark.parametrize("arguments", [(), ("--stdin", "--show"), ("--stdin", "--file", "x")])
def test_where_the_key_comes_from_is_said_once(desk: Desk, arguments: tuple[str, ...]) -> None:
    assert desk.run("register", "bob", *arguments).exit_code == 2


def test_a_file_that_is_there_is_not_written_over_and_nothing_is_registered(desk: Desk) -> None:
    file = desk.file("there.txt", "old")

    result = desk.run("register", "bob", "--file", str(file))

    assert result.exit_code == 1
    assert file.read_text() == "old"
    assert list(desk.folder.glob(".*.part")) == []


def test_an_app_is_replaced_only_when_that_is_said(desk: Desk) -> None:
    desk.idp.enrol("bob")

    refused = desk.run("register", "bob", "--stdin", stdin=KEY)
    replaced = desk.run("register", "bob", "--stdin", "--replace", stdin=KEY)

    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    assert replaced.output == "bob: replaced\n"


@pytest.mark.parametrize("typed", ["JBSWY3DP", "not a key", ""])
def test_a_key_that_is_none_is_not_repeated(desk: Desk, typed: str) -> None:
    result = desk.run("register", "bob", "--stdin", stdin=f"{typed}\n")

    assert result.exit_code == 1
    assert not typed or typed not in result.output


def test_status_says_what_is_known_and_no_secret(desk: Desk) -> None:
    desk.run("register", "bob", "--stdin", stdin="JBSWY3DPEHPK3PXP")

    result = desk.run("status", "bob")

    assert result.exit_code == 0
    for said in ("bob", "80 (short", "help-desk", "never", desk.idp.site.keeper.key_ids[0]):
        assert said in result.output
    assert "JBSW" not in result.output


def test_a_reset_takes_the_app_away(desk: Desk) -> None:
    desk.idp.enrol("bob")

    assert desk.run("reset", "bob").output == "bob: removed\n"
    assert "no app" in desk.run("status", "bob").output
    assert desk.run("reset", "bob").exit_code == 1


def test_an_app_that_was_stopped_is_asked_again_after_unlock(desk: Desk) -> None:
    desk.idp.enrol("bob")
    tools = desk.idp.site.tools("totp")
    subject = tools.people.find("bob")
    assert subject is not None
    from plugins.totp.credential import TOTP

    (credential,) = tools.credentials.list(subject, TOTP)
    assert tools.credentials.swap(subject, credential, TOTP, {"failures": b"100"})
    assert "100" in desk.run("status", "bob").output

    assert desk.run("unlock", "bob").exit_code == 0
    assert logs_in(desk, "bob")
    assert RACES > 0


def test_unlock_gives_the_tries_back(desk: Desk) -> None:
    desk.idp.enrol("bob")
    browser = desk.idp.browser(OUTSIDE)
    page = ask_code(browser, "bob")
    for _ in range(6):
        page = browser.submit(page, tokencode="000000")
    assert page.code == "A204"

    assert desk.run("unlock", "bob").exit_code == 0
    assert logs_in(desk, "bob")


@pytest.mark.parametrize("verb", ["status", "reset", "unlock"])
def test_somebody_who_is_not_there_is_told_so(desk: Desk, verb: str) -> None:
    result = desk.run(verb, "nobody\x1b[31m")

    assert result.exit_code == 1
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("arguments", "event", "results"),
    [
        pytest.param(("status", "alice"), "TOTP_STATUS", ["read"], id="X-10-status"),
        pytest.param(("list",), "TOTP_LIST", ["read"], id="X-10-list"),
        pytest.param(("register", "bob", "--stdin"), "TOTP_REGISTER", ["started", "registered"], id="X-10-register"),
        pytest.param(
            ("register", "alice", "--stdin", "--replace"), "TOTP_REGISTER", ["started", "replaced"], id="X-10-replace"
        ),
        pytest.param(("register", "alice", "--stdin"), "TOTP_REGISTER", ["refused"], id="X-10-refused"),
        pytest.param(("reset", "alice"), "TOTP_RESET", ["started", "removed"], id="X-10-reset"),
        pytest.param(("unlock", "alice"), "TOTP_UNLOCK", ["changed"], id="X-10-unlock"),
        pytest.param(("import", "{csv}"), "TOTP_IMPORT", ["started", "registered", "refused"], id="X-10-import"),
        pytest.param(("export", "--rebind", "{new}"), "TOTP_EXPORT", ["disclosed"], id="X-10-export"),
        pytest.param(("export", "--plain", "{new}"), "TOTP_EXPORT", ["disclosed"], id="X-10-export-plain"),
        pytest.param(("rekey",), "TOTP_REKEY", ["started"], id="X-10-rekey"),
    ],
)
def test_each_act_is_written_down(desk: Desk, arguments: tuple[str, ...], event: str, results: list[str]) -> None:
    desk.idp.enrol("alice")
    csv = desk.file("keys.csv", f"username,key\nbob,{KEY}\nnobody,{KEY}\n")
    places = {"csv": str(csv), "new": str(desk.folder / "new.csv")}

    desk.run(*(each.format(**places) for each in arguments), stdin=f"{KEY}\n")

    events = [each for each in desk.audit() if each["event"] == event]
    assert [each["decision"] for each in events] == results
    assert {each["actor"].split(",")[0] for each in events} == {ME}
    if len(arguments) > 1 and arguments[1] in ("alice", "bob"):
        assert {each["username"] for each in events} == {arguments[1]}
    log = desk.idp.site.settings.audit.log.read_text()
    assert log.count(f"|{event}|") == len(results)
    assert f"warifu {event.lower().replace('_', ' ')} ({ME}" in log
    assert KEY not in log


def test_x10_nothing_is_done_that_cannot_be_written_down(desk: Desk) -> None:
    desk.idp.enrol("alice")
    log = desk.idp.site.settings.audit.log
    log.unlink(missing_ok=True)
    log.mkdir()

    result = desk.run("reset", "alice")
    log.rmdir()

    assert result.exit_code == 1
    assert "audit" in result.output
    assert "no app" not in desk.run("status", "alice").output
