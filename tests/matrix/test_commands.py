"""`warifu matrix …`: cards made for one or many, printed, listed, replaced and taken back; all of it written down."""

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from idp.cli.context import CommandContext
from idp.cli.slapd_entries import GROUPS_DN
from idp.core.codes import Code
from idp.core.errors import DependencyError
from plugins.matrix.commands import commands
from plugins.matrix.credential import MATRIX
from plugins.matrix.grid import Card
from plugins.matrix.issuing import CardIssuing
from plugins.matrix.sheet import one
from tests.matrix.conftest import METHODS
from tests.parts.cards import card_in_directory, subject_of
from tests.parts.site import Idp
from tests.parts.sites import MakeIdp
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Desk:
    """The administrator's place."""

    idp: Idp
    folder: Path

    def run(self, *arguments: str) -> Result:
        """Run `warifu matrix ARGUMENTS`."""
        context = CommandContext(self.idp.conf, self.idp.site)
        return CliRunner().invoke(commands(), list(arguments), obj=context, catch_exceptions=False)

    def sheet(self, name: str = "cards.html") -> str:
        return str(self.folder / name)

    def audit(self) -> list[dict[str, Any]]:
        """Give the events written down."""
        return [json.loads(line) for line in (self.idp.conf / "log" / "audit.json").read_text().splitlines()]

    def number(self, username: str) -> str:
        return card_in_directory(self.idp, username).card.number

    def file(self, text: str) -> str:
        path = self.folder / "people.csv"
        path.write_text(text)
        return str(path)


@pytest.fixture
def desk(make_idp: MakeIdp, own_slapd: RunningSlapd, tmp_path: Path) -> Desk:
    return Desk(make_idp(own_slapd, methods=METHODS, plugins_toml=""), tmp_path)


def drawings(sheet: str) -> list[dict[str, str]]:
    """Read the cards of a sheet as a person does: number, and text by cell."""
    found = []
    for svg in re.findall(r"<svg .*?</svg>", Path(sheet).read_text(), re.DOTALL):
        root = etree.fromstring(svg.encode())
        texts = [each for each in root.iter(f"{SVG}text") if each.getparent().get("text-anchor") == "middle"]
        columns = {each.get("x"): each.text for each in texts if each.text.isalpha() and len(each.text) == 1}
        rows = {each.get("y"): each.text for each in texts if each.get("x") == "44"}
        cells = {
            f"{columns[each.get('x')]}{rows[each.get('y')]}": each.text
            for each in texts
            if each.get("x") in columns and each.get("y") in rows
        }
        number = re.search(r"No\. (\d{4}-\d{4})", svg)
        assert number
        found.append({"number": number[1], **cells})
    return found


def printed(card: Card) -> dict[str, str]:
    return {"number": card.number, **{cell: card.text(cell) for cell in card.grid.cells}}


def test_a_card_for_one_person_is_printed_as_it_is_asked(desk: Desk) -> None:
    result = desk.run("issue", "bob", "--sheet", desk.sheet())

    assert (result.exit_code, result.output) == (0, "1 issued\n")
    assert drawings(desk.sheet()) == [printed(card_in_directory(desk.idp, "bob").card)]
    assert S_IMODE(Path(desk.sheet()).stat().st_mode) == 0o600


def test_one_card_may_be_a_drawing(desk: Desk) -> None:
    result = desk.run("issue", "bob", "--sheet", desk.sheet("card.svg"))

    assert result.exit_code == 0
    assert drawings(desk.sheet("card.svg")) == [printed(card_in_directory(desk.idp, "bob").card)]
    assert etree.parse(desk.sheet("card.svg")).getroot().tag == f"{SVG}svg"
    assert desk.run("issue", "bob", "carol", "--sheet", desk.sheet("cards.svg")).exit_code == 2


def test_a_group_of_the_directory_is_served_at_once(desk: Desk) -> None:
    result = desk.run("issue", "--group", f"cn=staff,{GROUPS_DN}", "--sheet", desk.sheet())

    assert result.output == "2 issued\n"
    assert [each["number"] for each in drawings(desk.sheet())] == [desk.number("alice"), desk.number("carol")]
    assert "nobody's entry" in desk.run("issue", "--group", "cn=none", "--sheet", desk.sheet("x.html")).output


def test_a_csv_names_people_and_who_is_unknown_is_told_by_line(desk: Desk) -> None:
    file = desk.file("name,username\nBob,bob\nNobody,nobody\nBob again,BOB\nCarol,carol\n")

    result = desk.run("issue", "--csv", file, "--sheet", desk.sheet())

    assert result.exit_code == 1
    assert "2 issued\n" in result.output
    assert "people.csv:3: nobody: no entry" in result.output
    assert len(drawings(desk.sheet())) == 2


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    before = desk.number("bob")

    result = desk.run("issue", "bob", "carol", "--dry-run")

    assert result.output == "1 would be issued, 1 have a card already\n"
    assert desk.number("bob") == before
    with pytest.raises(ValueError, match="carol"):
        desk.number("carol")


def test_what_was_interrupted_is_finished_by_the_same_command(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["alice", "bob", "carol", "dave"]
    make = CardIssuing.make

    def fails_at_the_third(self: CardIssuing, subject: Any, tools: Any) -> Card | None:
        if subject.username == "carol":
            raise DependencyError(Code.DIRECTORY_DOWN, "pulled the plug")
        return make(self, subject, tools)

    monkeypatch.setattr(CardIssuing, "make", fails_at_the_third)
    stopped = desk.run("issue", *names, "--sheet", desk.sheet("first.html"))
    monkeypatch.setattr(CardIssuing, "make", make)
    rest = desk.run("issue", *names, "--sheet", desk.sheet("second.html"))

    assert stopped.exit_code == 1
    assert "stopped after 2 of 4" in stopped.output
    assert rest.output == "2 issued, 2 have a card already\n"
    both = [*drawings(desk.sheet("first.html")), *drawings(desk.sheet("second.html"))]
    assert [each["number"] for each in both] == [desk.number(name) for name in names]


def test_a_card_that_is_on_no_sheet_is_printed_again(desk: Desk) -> None:
    desk.run("issue", "bob", "carol", "--sheet", desk.sheet())

    result = desk.run("print", "bob", "dave", "--sheet", desk.sheet("again.html"))

    assert result.output == "1 printed\n"
    assert drawings(desk.sheet("again.html")) == [printed(card_in_directory(desk.idp, "bob").card)]
    late = desk.run("print", "bob", "--since", "2026-11-25", "--sheet", desk.sheet("late.html"))
    assert late.output == "0 printed\n"
    disclosed = [each for each in desk.audit() if each["decision"] == "disclosed"]
    assert [(each["username"], each["reason"]) for each in disclosed] == [("bob", f"no. {desk.number('bob')}")]


def test_g07_replacing_ends_the_old_card_and_is_written_down(desk: Desk) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    old = desk.number("bob")

    result = desk.run("issue", "--replace", "bob", "--sheet", desk.sheet("new.html"))

    assert result.output == "0 issued, 1 replaced\n"
    new = desk.number("bob")
    assert new != old
    (event,) = [each for each in desk.audit() if each["decision"] == "replaced"]
    assert (event["username"], event["reason"]) == ("bob", f"no. {new} in place of no. {old}")
    assert event["event"] == "MATRIX_ISSUE"


def test_g07_a_card_that_is_taken_back_is_gone(desk: Desk) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    number = desk.number("bob")

    result = desk.run("revoke", "bob")

    assert result.output == f"bob: no. {number} revoked\n"
    with pytest.raises(ValueError, match="bob"):
        desk.number("bob")
    assert desk.run("revoke", "bob").exit_code == 1
    assert [each["decision"] for each in desk.audit()][-4:] == ["started", "removed", "started", "refused"]


def test_g07_a_card_that_does_not_open_is_in_nobodys_way(desk: Desk, own_slapd: RunningSlapd) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    held = card_in_directory(desk.idp, "bob")
    dn = f"warifuCredentialName={held.credential.name},{subject_of(desk.idp, 'bob').dn}"
    broken = "eyJhbGciOiJkaXIi.broken"
    own_slapd.server.apply(
        f"dn: {dn}\nchangetype: modify\nreplace: warifuCredentialSecret\nwarifuCredentialSecret: {broken}\n"
    )

    listed = desk.run("list").output
    kept = desk.run("issue", "bob", "--sheet", desk.sheet("kept.html"))
    result = desk.run("issue", "bob", "--replace", "--sheet", desk.sheet("new.html"))

    assert "does not open (D402)" in listed
    assert kept.output == "0 issued, 1 have a card already\n"
    assert result.output == "0 issued, 1 replaced\n"
    assert drawings(desk.sheet("new.html")) == [printed(card_in_directory(desk.idp, "bob").card)]


def test_the_list_is_for_people_and_for_programs(desk: Desk) -> None:
    desk.run("issue", "carol", "bob", "--sheet", desk.sheet())

    lines = desk.run("list").output.splitlines()
    rows = list(csv.DictReader(io.StringIO(desk.run("list", "--csv").output)))
    objects = [json.loads(line) for line in desk.run("list", "--json").output.splitlines()]

    assert [line.split("\t")[0] for line in lines] == ["username", "bob", "carol"]
    assert [row["number"] for row in rows] == [desk.number("bob"), desk.number("carol")]
    assert objects[0] == {
        "username": "bob",
        "number": desk.number("bob"),
        "since": "2026-11-24T00:00:00Z",
        "used": 0,
        "cells": 80,
        "failures": 0,
        "problem": "",
    }


def test_a_stopped_card_is_unlocked(desk: Desk) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    held = card_in_directory(desk.idp, "bob")
    tools = desk.idp.site.tools("matrix")
    tools.credentials.swap(subject_of(desk.idp, "bob"), held.credential, MATRIX, {"failures": b"100"})

    assert desk.run("unlock", "bob").output == "bob: wrong answers are forgotten\n"

    assert card_in_directory(desk.idp, "bob").failures == 0
    assert desk.run("unlock", "dave").exit_code == 1


def test_g06_no_cell_is_written_down_or_shown(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    result = desk.run("issue", "bob", "--sheet", desk.sheet())
    desk.run("print", "bob", "--sheet", desk.sheet("again.html"))

    card = card_in_directory(desk.idp, "bob").card
    said = result.output + "".join(capfd.readouterr())
    said += "".join(file.read_text() for file in (desk.idp.conf / "log").iterdir())
    row = "".join(card.text(f"{column}1") for column in "ABC")
    assert card.secret.reveal().hex() not in said
    assert row not in said
    assert not re.search(r"[A-Z][1-8][ :=]+[2-9A-Z]{2}\b", said)


def test_a_sheet_is_never_written_over(desk: Desk) -> None:
    Path(desk.sheet()).write_text("something else")

    result = desk.run("issue", "bob", "--sheet", desk.sheet())

    assert result.exit_code == 1
    assert Path(desk.sheet()).read_text() == "something else"
    assert desk.run("issue", "bob").exit_code == 2
    assert desk.run("issue", "bob", "--group", "cn=x", "--sheet", "x").exit_code == 2


def test_a_name_does_not_leave_its_place_on_the_sheet(desk: Desk) -> None:
    desk.run("issue", "bob", "--sheet", desk.sheet())
    card = card_in_directory(desk.idp, "bob").card

    html = one('<script>alert(1)</script>&"', card, desk.idp.site.tools("matrix"))

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_whoever_gets_or_loses_a_card_is_told(make_idp: MakeIdp, own_slapd: RunningSlapd, tmp_path: Path) -> None:
    with PostOffice() as office:
        idp = make_idp(own_slapd, methods=METHODS, plugins_toml="", mail_toml=office.toml())
        desk = Desk(idp, tmp_path)
        desk.run("issue", "bob", "--sheet", desk.sheet())
        desk.run("issue", "bob", "--replace", "--sheet", desk.sheet("new.html"))
        desk.run("revoke", "bob")
        assert idp.site.outbox is not None
        idp.site.outbox.deliver(idp.clock)

        subjects = [str(each.message["Subject"]) for each in office.received]

    kinds = ("registered", "replaced", "reset")
    assert subjects == [f"【例示大学】{idp.site.words.text('ja', f'matrix.notice.{kind}.title')}" for kind in kinds]


def test_where_cards_are_not_enabled_none_are_made(make_idp: MakeIdp, own_slapd: RunningSlapd, tmp_path: Path) -> None:
    desk = Desk(make_idp(own_slapd, methods=("password", "totp"), plugins_toml=""), tmp_path)

    result = desk.run("issue", "bob", "--sheet", desk.sheet())

    assert result.exit_code == 1
    assert "plugins.matrix: is not enabled" in result.output
