"""The help desk is behind two factors, and for its staff alone."""

import pytest
from pydantic import ValidationError

from idp.cli.slapd_entries import GROUPS_DN, PEOPLE_DN
from idp.core.codes import Code
from idp.settings.model import Rule
from tests.helpdesk.desk import ACT, HOME, PERSON, Desk, Worker
from tests.login.conftest import SP
from tests.parts.site import CAMPUS
from tests.parts.sites import MakeIdp, password_of, prove_password
from tests.parts.slapd import RunningSlapd

ENTER = "/idp/helpdesk/enter"


@pytest.mark.parametrize("path", [HOME, PERSON, ACT, ENTER])
def test_where_nothing_is_configured_there_is_no_help_desk(make_idp: MakeIdp, slapd: RunningSlapd, path: str) -> None:
    idp = make_idp(slapd)
    browser = idp.browser(CAMPUS)
    prove_password(browser)

    assert browser.get(path).status == 404
    assert browser.post(path, {"csrf_token": "x"}).status in {403, 404, 405, 410}


def test_staff_prove_two_factors_though_the_campus_asks_for_one(desk: Desk) -> None:
    worker = Worker(desk, desk.idp.browser(CAMPUS), "carol")

    page = worker.browser.get(HOME)
    assert page.name == "password"
    page = worker.browser.submit(page, j_username="carol", j_password=password_of("carol"))
    assert page.name == "totp"
    assert worker.prove(page).name == "helpdesk"


def test_a_session_with_one_factor_is_asked_for_the_other(desk: Desk) -> None:
    worker = Worker(desk, desk.idp.browser(CAMPUS), "carol")
    assert prove_password(worker.browser, "carol").saml_response is not None

    page = worker.browser.get(HOME)

    assert page.name == "totp"
    assert worker.prove(page).name == "helpdesk"


@pytest.mark.parametrize("path", [f"{PERSON}?id=", f"{ACT}?act=unlock&id="])
def test_one_factor_opens_no_page_of_the_help_desk(desk: Desk, path: str) -> None:
    worker = Worker(desk, desk.idp.browser(CAMPUS), "carol")
    prove_password(worker.browser, "carol")

    assert worker.browser.get(f"{path}{desk.id_of('bob')}").name == "totp"


def test_who_is_no_staff_is_told_so_and_it_is_written_down(desk: Desk) -> None:
    worker = Worker(desk, desk.idp.browser(CAMPUS), "bob")

    page = worker.come_in()

    assert (page.status, page.name, page.code) == (403, "error", Code.DESK_NOT_STAFF)
    assert worker.come_in(f"{PERSON}?id={desk.id_of('dave')}").code == Code.DESK_NOT_STAFF
    event = desk.events("ENTER")[0]
    assert (event["actor"], event["decision"], event["code"]) == ("bob", "refused", "H101")


def test_who_was_taken_out_of_the_group_is_out_at_once_for_an_act(desk: Desk) -> None:
    worker = desk.staff()
    page = worker.open("unlock")
    desk.idp.clock.advance(seconds=2)
    group, member = f"cn=staff,{GROUPS_DN}", f"uid=carol,{PEOPLE_DN}"
    desk.slapd.server.apply(f"dn: {group}\nchangetype: modify\ndelete: member\nmember: {member}\n")

    assert worker.do(page).code == Code.DESK_NOT_STAFF


def test_an_act_wants_two_factors_proved_within_the_last_minutes(desk: Desk) -> None:
    worker = desk.staff()
    link = worker.link(worker.look("bob"), "unlock")
    desk.idp.clock.advance(minutes=16)
    assert worker.browser.get(HOME).name == "helpdesk"

    page = worker.browser.get(link)

    assert page.name == "password"
    assert worker.prove(page).name == "helpdesk-act"


def test_an_act_whose_proofs_have_aged_on_the_page_is_not_done(desk: Desk) -> None:
    worker = desk.staff()
    desk.guess()
    desk.idp.clock.advance(minutes=8)
    page = worker.open("unlock")
    desk.idp.clock.advance(minutes=8)

    assert worker.do(page).name == "password"
    assert desk.events("UNLOCK") == []


def test_the_person_is_not_another_after_the_factors_were_proved_anew(desk: Desk) -> None:
    carol = desk.staff()
    link = carol.link(carol.look("bob"), "unlock")
    desk.idp.clock.advance(minutes=16)

    page = Worker(desk, carol.browser, "bob").prove(carol.browser.get(link))

    assert page.code == Code.DESK_NOT_STAFF


def test_a_rule_may_keep_the_help_desk_to_the_campus_and_none_makes_it_one_factor() -> None:
    assert Rule(name="desk", action="helpdesk", networks=("outside",), require="refuse").require == "refuse"
    with pytest.raises(ValidationError):
        Rule(name="desk", action="helpdesk", require="password")


def test_what_staff_prove_logs_them_in_as_any_login_does(desk: Desk) -> None:
    worker = desk.staff()

    assert worker.browser.visit(SP).saml_response is not None
