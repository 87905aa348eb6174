"""`warifu passkey …`: listed, removed, written down, told of."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from idp.cli.slapd_entries import GROUPS_DN
from plugins.passkey.commands import commands
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice
from tests.passkey.authenticator import UP, UV, SoftKey
from tests.passkey.conftest import Desk, MakeIdp


@dataclass
class Office:
    """The administrator's place, and the mail server."""

    desk: Desk
    post: PostOffice

    def run(self, *arguments: str) -> Result:
        context = CommandContext(self.desk.idp.conf, self.desk.idp.site)
        return CliRunner().invoke(commands(), list(arguments), obj=context, catch_exceptions=False)

    def letters(self) -> list[str]:
        """Have what waits delivered; gives the subjects."""
        outbox = self.desk.idp.site.outbox
        assert outbox is not None
        outbox.deliver(self.desk.idp.clock)
        return [str(each.message["Subject"]) for each in self.post.received]

    def audit(self) -> list[dict[str, object]]:
        file = self.desk.idp.conf / "log" / "audit.json"
        return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture
def office(make_idp: MakeIdp) -> Iterator[Office]:
    with PostOffice() as post:
        yield Office(Desk(make_idp(mail_toml=post.toml())), post)


def test_a_persons_passkeys_are_listed(office: Office) -> None:
    key = office.desk.register("carol", SoftKey(sign_count=3))
    office.desk.log_in(key, "carol")
    office.desk.register("carol")

    listed = [json.loads(line) for line in office.run("list", "carol", "--json").output.splitlines()]

    assert [(each["username"], each["label"], each["binding"], each["count"]) for each in listed] == [
        ("carol", "phone", "campus-first", 4),
        ("carol", "phone", "campus-first", 0),
    ]
    assert [bool(each["used"]) for each in listed] == [True, False]
    assert listed[0]["since"] == "2026-11-24T00:00:00Z"


def test_a_groups_are_listed_with_those_that_do_not_open(office: Office, own_slapd: RunningSlapd) -> None:
    office.desk.register("carol")
    office.desk.register("alice")
    own_slapd.server.apply(
        f"dn: warifuCredentialName=passkey-1,{office.desk.subject('carol').dn}\nchangetype: modify\n"
        "replace: warifuCredentialSecret\nwarifuCredentialSecret: written by somebody\n"
    )

    result = office.run("list", "--group", f"cn=staff,{GROUPS_DN}", "--json")

    found = [json.loads(line) for line in result.output.splitlines()]
    assert [(each["username"], each["label"], bool(each["problem"])) for each in found] == [
        ("alice", "phone", False),
        ("carol", "", True),
    ]
    assert office.audit()[-1]["event"] == "PASSKEY_LIST"
    assert office.run("remove", "carol", "all").exit_code == 0


def test_one_is_removed_and_the_person_is_told(office: Office) -> None:
    office.desk.register("carol")
    stays = office.desk.register("carol")
    id_ = office.desk.passkeys("carol")[0].credential.id

    result = office.run("remove", "carol", id_)

    assert (result.exit_code, result.output) == (0, "carol: removed\n")
    assert [each.key.credential_id for each in office.desk.passkeys("carol")] == [stays.credential_id]
    assert [each["decision"] for each in office.audit()[-2:]] == ["started", "removed"]
    assert office.letters() == ["【例示大学】パスキーの登録が取り消されました"]


def test_all_are_removed_even_where_they_do_not_open(office: Office) -> None:
    office.desk.register("carol")
    office.desk.register("carol")

    assert office.run("remove", "carol", "all").exit_code == 0

    assert office.desk.passkeys("carol") == ()
    assert office.run("remove", "carol", "all").exit_code == 1
    assert office.audit()[-1]["decision"] == "refused"


@pytest.mark.parametrize("arguments", [("remove", "carol", "nothing"), ("remove", "nobody", "all"), ("list", "nobody")])
def test_what_is_not_there_is_said(office: Office, arguments: tuple[str, ...]) -> None:
    office.desk.register("carol", SoftKey(flags=UP | UV))

    assert office.run(*arguments).exit_code == 1
    assert len(office.desk.passkeys("carol")) == 1
