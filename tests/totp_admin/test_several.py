"""People with several apps, at the administrator's place: each is shown, one or all are taken away."""

import json
from datetime import UTC, datetime

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from idp.plugin import Binding, Confirmed, Subject
from plugins.totp.codes import step_at
from plugins.totp.credential import FURTHER, apps_of
from plugins.totp.enrol import AppEnrolment
from tests.totp_admin.conftest import Desk

KEYS = [Secret(f"key number {number} of carol".encode()[:20]) for number in range(3)]
LABELS = ["スマホ", "Lab PC", ""]


def carol(desk: Desk) -> Subject:
    subject = desk.idp.site.tools("totp").people.find("carol")
    assert subject is not None
    return subject


def labels(desk: Desk) -> list[str]:
    return [app.label for app in apps_of(carol(desk), desk.idp.site.tools("totp"), 5)]


@pytest.fixture
def several(desk: Desk) -> Desk:
    """Carol has three apps, of which one has no name."""
    enrolment, tools, subject = AppEnrolment(1, 5), desk.idp.site.tools("totp"), carol(desk)
    for key, label in zip(KEYS, LABELS, strict=True):
        step = step_at(datetime(2026, 1, 1, tzinfo=UTC))
        confirmed = Confirmed(key.reveal() + step.to_bytes(8, "big") + label.encode())
        beside = enrolment.registered(subject, tools)
        if beside:
            assert enrolment.add(subject, confirmed, beside, Binding.FACTOR, tools)
        else:
            assert enrolment.enrol(subject, confirmed, None, Binding.CAMPUS_FIRST, tools)
    return desk


def test_each_is_listed_with_its_name(several: Desk) -> None:
    lines = [json.loads(line) for line in several.run("list", "--json").output.splitlines()]

    found = [(line["name"], line["binding"]) for line in lines if line["username"] == "carol"]
    assert found == list(zip(LABELS, ("campus-first", "factor", "factor"), strict=True))


def test_each_is_told_of_in_the_status(several: Desk) -> None:
    output = several.run("status", "carol").output

    assert output.count("bits") == 3
    assert output.count(f"entry           uid=carol,{PEOPLE_DN}") == 3
    assert [line[16:] for line in output.splitlines() if line.startswith("name ")] == [*LABELS[:2], ""]


def test_all_are_taken_away(several: Desk) -> None:
    assert several.run("reset", "carol").exit_code == 0
    assert labels(several) == []
    assert several.run("reset", "carol").exit_code == 1


@pytest.mark.parametrize("which", range(3))
def test_one_is_taken_away_by_its_name_or_its_id(several: Desk, which: int) -> None:
    app = apps_of(carol(several), several.idp.site.tools("totp"), 5)[which]

    done = several.run("reset", "carol", "--app", app.label or app.credential.id)

    assert (done.exit_code, labels(several)) == (0, [label for label in LABELS if label != LABELS[which]])


def test_an_app_that_is_not_there_is_told_so(several: Desk) -> None:
    done = several.run("reset", "carol", "--app", "another")

    assert (done.exit_code, labels(several)) == (1, LABELS)
    assert "none of their apps" in done.output


def test_the_wrong_codes_of_all_are_forgotten(several: Desk) -> None:
    tools = several.idp.site.tools("totp")
    for app in apps_of(carol(several), tools, 5):
        tools.credentials.swap(carol(several), app.credential, app.kind, {"failures": b"100"})

    assert several.run("unlock", "carol").exit_code == 0
    assert [app.failures for app in apps_of(carol(several), tools, 5)] == [0, 0, 0]


def test_one_registered_in_place_is_the_only_one(several: Desk) -> None:
    assert several.run("register", "carol", "--stdin", stdin="GEZDGNBVGY3TQOJQ" * 2).exit_code == 1

    done = several.run("register", "carol", "--stdin", "--replace", stdin="GEZDGNBVGY3TQOJQ" * 2)

    assert done.exit_code == 0
    assert labels(several) == [""]
    assert several.idp.site.tools("totp").credentials.list(carol(several), FURTHER) == ()
