"""Who has which factor, what is worth a look, who was refused why: as a table, CSV, JSON, and metrics."""

import csv
import io
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from idp.cli.main import main
from idp.cli.surveyor import Surveyor
from idp.core.codes import Code
from idp.core.proof import Binding
from idp.web.survey import Finding, Patience, count, survey
from plugins.totp.credential import TOTP
from tests.helpdesk.desk import Desk
from tests.login.conftest import SP
from tests.parts.site import OUTSIDE


def report(desk: Desk, *words: str) -> Result:
    done = CliRunner().invoke(main, ["report", words[0], "--conf", str(desk.idp.conf), *words[1:]])
    assert done.exit_code == 0, done.output
    return done


def rows(desk: Desk, *words: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in report(desk, *words, "--json").stdout.splitlines()]


def test_everybody_has_a_line_with_what_they_have(desk: Desk) -> None:
    desk.idp.enrol("dave", binding=Binding.CAMPUS_REPLACED)

    found = {row["username"]: (row["method"], row["binding"], row["since"]) for row in rows(desk, "factors")}

    assert found["bob"] == ("totp", "campus-first", "2026-11-24T00:00:00Z")
    assert found["dave"] == ("totp", "campus-replaced", "2026-11-24T00:00:00Z")
    assert found["target"] == ("none", "", "")


def test_the_three_forms_say_the_same(desk: Desk) -> None:
    as_json = rows(desk, "factors")
    as_csv = list(csv.DictReader(io.StringIO(report(desk, "factors", "--csv").stdout)))
    table = report(desk, "factors").stdout.splitlines()

    assert as_csv == as_json
    assert table[0].split() == ["username", "method", "label", "binding", "since", "used"]
    assert len(table) == len(as_json) + 1


def test_what_is_worth_a_look_is_told_with_why(desk: Desk) -> None:
    desk.idp.enrol("dave", binding=Binding.CAMPUS_REPLACED)
    tools = desk.idp.site.tools("totp")
    subject = tools.people.find("bob")
    assert subject is not None
    [credential] = tools.credentials.list(subject, TOTP)
    tools.credentials.swap(subject, credential, TOTP, {"failures": b"100"})
    late = desk.idp.clock() + timedelta(days=31)

    found = {each.username: each.findings for each in survey(desk.idp.site, late)}

    assert found["bob"] == (Finding.NEVER_USED, Finding.STOPPED)
    assert found["dave"] == (Finding.NEVER_USED, Finding.WEAK)
    assert found["target"] == (Finding.NOTHING,)


def test_what_is_used_is_worth_no_look_until_it_was_not_for_long(desk: Desk) -> None:
    desk.idp.clock.advance(minutes=5)
    assert desk.can_log_in("bob")

    def findings(**later: float) -> tuple[Finding, ...]:
        everybody = survey(desk.idp.site, desk.idp.clock() + timedelta(**later), Patience())
        return next(each.findings for each in everybody if each.username == "bob")

    assert findings(days=179) == ()
    assert findings(days=181) == (Finding.NOT_USED_LATELY,)


def test_the_list_of_registrations_leaves_out_what_is_well(desk: Desk) -> None:
    names = {row["username"] for row in rows(desk, "registrations", "--never-used", "3650")}

    assert "bob" not in names
    assert "target" in names


def test_who_was_refused_is_told_with_code_reason_and_service(desk: Desk) -> None:
    desk.guess(times=1)

    found = rows(desk, "refusals", "--days", "3650")

    assert [(row["username"], row["code"], row["method"], row["service"]) for row in found] == [
        ("bob", Code.WRONG_CODE, "totp", SP.entity_id)
    ]
    assert found[0]["why"]
    assert found[0]["network"] == "outside"


def test_refusals_of_long_ago_and_lines_of_others_are_left_out(desk: Desk) -> None:
    log = desk.idp.conf / "log" / "audit.json"
    desk.guess(times=1)
    with log.open("a") as stream:
        stream.write('{"time": "2001-01-01T00:00:00Z", "decision": "wrong", "username": "old"}\nno json\n[]\n{}\n')

    assert [row["username"] for row in rows(desk, "refusals", "--days", "3650", "--log", str(log))] == ["bob"]


def test_a_name_is_no_formula_of_a_spreadsheet_and_moves_no_cursor(desk: Desk) -> None:
    log = desk.idp.conf / "other.json"
    line = {"time": "2999-01-01T00:00:00Z", "decision": "wrong", "username": "=cmd|' /C calc'!A0", "rule": "\x1b[2J"}
    log.write_text(json.dumps(line) + "\n")

    assert "'=cmd" in report(desk, "refusals", "--csv", "--log", str(log)).stdout
    assert "\x1b" not in report(desk, "refusals", "--log", str(log)).stdout


@pytest.mark.parametrize("name", ["factors", "registrations", "refusals"])
def test_x10_that_a_report_was_made_is_written_down_and_it_holds_no_secret(desk: Desk, name: str) -> None:
    done = report(desk, name)

    event = [json.loads(line) for line in (desk.idp.conf / "log" / "audit.json").read_text().splitlines()][-1]
    assert (event["event"], event["decision"]) == (f"REPORT_{name.upper()}", "read")
    assert "GEZDGNBVGY3TQOJQ" not in done.output


def test_a_directory_that_is_away_is_said(desk: Desk) -> None:
    desk.slapd.server.stop()

    done = CliRunner().invoke(main, ["report", "factors", "--conf", str(desk.idp.conf)])

    assert done.exit_code == 1
    assert "D101" in done.output


def test_the_metrics_count_what_people_have_by_method_and_binding_and_name_nobody(desk: Desk) -> None:
    count(desk.idp.site, desk.idp.clock())

    text = desk.idp.site.metrics.render().decode()

    assert 'warifu_factors{binding="campus-first",method="totp"} 3.0' in text
    assert 'warifu_factors{binding="factor",method="totp"} 0.0' in text
    assert 'warifu_findings{finding="nothing"}' in text
    assert "bob" not in text


def test_what_was_taken_away_is_not_counted_any_more(desk: Desk) -> None:
    count(desk.idp.site, desk.idp.clock())
    worker = desk.staff()
    worker.do(worker.open("reset"))
    count(desk.idp.site, desk.idp.clock())

    assert 'warifu_factors{binding="campus-first",method="totp"} 2.0' in desk.idp.site.metrics.render().decode()


def test_the_refresher_counts_beside_its_rounds_and_goes_on_when_the_directory_is_away(desk: Desk) -> None:
    surveyor = Surveyor(lambda: desk.idp.site)
    surveyor._count(desk.idp.site)
    assert "warifu_people" in desk.idp.site.metrics.render().decode()
    desk.slapd.server.stop()

    surveyor._count(desk.idp.site)

    assert desk.idp.browser(OUTSIDE).get("/idp/health").status == 200
