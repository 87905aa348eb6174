"""`warifu recovery …`: codes for people without a phone, printed and handed over, written down and told."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from idp.plugin import Binding
from plugins.recovery.commands import commands
from tests.parts.recovery_codes import set_in_directory
from tests.parts.site import OUTSIDE, Idp
from tests.parts.sites import MakeIdp, is_success, prove_password
from tests.parts.slapd import RunningSlapd
from tests.recovery.conftest import METHODS


@dataclass
class Desk:
    """The administrator's place."""

    idp: Idp
    folder: Path

    def run(self, *arguments: str) -> Result:
        context = CommandContext(self.idp.conf, self.idp.site)
        return CliRunner().invoke(commands(), list(arguments), obj=context, catch_exceptions=False)

    def file(self, name: str = "codes.txt") -> Path:
        return self.folder / name

    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.idp.conf / "log" / "audit.json").read_text().splitlines()]


@pytest.fixture
def desk(make_idp: MakeIdp, own_slapd: RunningSlapd, tmp_path: Path) -> Desk:
    return Desk(make_idp(own_slapd, methods=METHODS, plugins_toml=""), tmp_path)


def test_codes_on_paper_let_somebody_in_who_has_no_phone(desk: Desk) -> None:
    result = desk.run("issue", "carol", "--file", str(desk.file()))

    assert result.output == "1 issued\n"
    assert S_IMODE(desk.file().stat().st_mode) == 0o600
    text = desk.file().read_text()
    codes = re.findall(r"\d+\. (\S+)", text)
    assert len(codes) == 20, "in both languages"
    assert "carol" in text
    assert set_in_directory(desk.idp, "carol").binding is Binding.HELP_DESK
    browser = desk.idp.browser(OUTSIDE)
    assert is_success(browser.submit(prove_password(browser, "carol"), recovery_code=codes[2]))
    (event,) = [each for each in desk.audit() if each["decision"] == "registered"]
    assert (event["username"], event["event"]) == ("carol", "RECOVERY_ISSUE")
    assert not any(code in (desk.idp.conf / "log" / "audit.json").read_text() for code in codes)


def test_programs_that_print_get_a_line_for_each_person(desk: Desk) -> None:
    desk.run("issue", "carol", "bob", "--file", str(desk.file("codes.json")))

    rows = [json.loads(line) for line in desk.file("codes.json").read_text().splitlines()]
    assert [row["username"] for row in rows] == ["carol", "bob"]
    assert {len(row["codes"]) for row in rows} == {10}


def test_whoever_has_codes_keeps_them_unless_it_is_said(desk: Desk) -> None:
    desk.run("issue", "carol", "--file", str(desk.file()))
    before = set_in_directory(desk.idp, "carol")

    kept = desk.run("issue", "carol", "--file", str(desk.file("kept.txt")))
    assert kept.output == "0 issued, 1 have codes already\n"
    assert set_in_directory(desk.idp, "carol") == before
    assert desk.run("issue", "carol", "--replace", "--file", str(desk.file("new.txt"))).output == "1 issued\n"
    assert set_in_directory(desk.idp, "carol").credential.id != before.credential.id


def test_codes_are_taken_away(desk: Desk) -> None:
    desk.run("issue", "carol", "--file", str(desk.file()))

    assert desk.run("revoke", "carol").output == "carol: removed\n"

    with pytest.raises(ValueError, match="carol"):
        set_in_directory(desk.idp, "carol")
    assert desk.run("revoke", "carol").exit_code == 1
    assert desk.run("issue", "nobody", "--file", str(desk.file("nobody.txt"))).exit_code == 1
