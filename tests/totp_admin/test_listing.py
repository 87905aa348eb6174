"""`warifu totp list` for people and for programs, by user name, over as many entries as there are."""

import csv
import json
import subprocess
import sys

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from tests.parts.slapd import RunningSlapd
from tests.totp_admin.conftest import Desk


def test_people_stand_in_the_order_of_their_names(desk: Desk) -> None:
    for username in ("dave", "alice", "carol"):
        desk.idp.enrol(username)

    lines = desk.run("list").output.splitlines()

    assert [line.split("\t")[0] for line in lines] == ["username", "alice", "carol", "dave"]


def test_a_program_reads_json_a_line_each(desk: Desk) -> None:
    desk.idp.enrol("alice")

    (line,) = desk.run("list", "--json").output.splitlines()

    assert json.loads(line) == {
        "username": "alice",
        "key_id": desk.idp.site.keeper.key_ids[0],
        "bits": 160,
        "binding": "campus-first",
        "since": "2026-11-24T00:00:00Z",
        "failures": 0,
        "problem": "",
        "name": "",
    }


def test_a_program_reads_csv(desk: Desk, own_slapd: RunningSlapd) -> None:
    desk.idp.enrol("alice")
    own_slapd.server.apply(
        f"dn: uid=alice,{PEOPLE_DN}\nchangetype: modify\nreplace: oathSecret\noathSecret: eyJhbGciOiJkaXIi.broken\n"
    )

    (row,) = csv.DictReader(desk.run("list", "--csv").output.splitlines())

    assert (row["username"], row["bits"], row["problem"]) == ("alice", "", "does not open (D402)")


@pytest.mark.parametrize("how", [("--json",), ("--csv",), ()])
def test_a_name_of_the_directorys_cannot_end_a_line_or_move_a_cursor(
    desk: Desk, own_slapd: RunningSlapd, how: tuple[str, ...]
) -> None:
    own_slapd.server.apply(
        f"dn: cn=odd,{PEOPLE_DN}\nchangetype: add\nobjectClass: inetOrgPerson\nsn: N\nuid: 佐藤 愛\n"
    )
    desk.idp.enrol("佐藤 愛")

    output = desk.run("list", *how).output

    assert "佐藤 愛" in output
    assert "\x1b" not in output


@pytest.mark.parametrize("place", range(3))
def test_the_configuration_may_be_named_at_any_place(desk: Desk, place: int) -> None:
    desk.idp.enrol("alice")
    words = ["totp", "list"]
    words[place:place] = ["--conf", str(desk.idp.conf)]

    done = subprocess.run([sys.executable, "-m", "idp.cli", *words], capture_output=True, text=True, check=True)

    assert "alice" in done.stdout


def test_two_ways_at_once_are_none(desk: Desk) -> None:
    assert desk.run("list", "--json", "--csv").exit_code == 2


def test_status_stands_in_columns(desk: Desk) -> None:
    desk.idp.enrol("alice")

    lines = desk.run("status", "alice").output.splitlines()

    assert {line[:16].strip() for line in lines} == {
        "username", "entry", "key id", "bits", "binding", "since", "last accepted", "wrong in a row"
    }  # fmt: skip
    assert "since           2026-11-24T00:00:00Z" in lines
    assert all(line[15] == " " and line[16] != " " for line in lines)
