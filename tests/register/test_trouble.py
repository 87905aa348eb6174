"""Who cannot use the app finds out what to do here and now, and every way that is named is there (people.md 5)."""

import re
from html import unescape

import pytest

from tests.parts.site import OUTSIDE, Idp
from tests.register.conftest import MakeSite
from tests.register.steps import ACCOUNT, SP, password_of, someone

TROUBLE = "/idp/account/trouble?method=totp"
CASES = ("lost", "new", "camera", "device")


def _links(html: str) -> set[str]:
    return {unescape(each) for each in re.findall(r'href="(/idp/account[^"]*)"', html)} - {""}


def test_the_login_and_the_account_lead_there(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    assert TROUBLE in _links(person.browser.log_in(person.browser.get(ACCOUNT), "carol", password_of("carol")).html)

    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="carol", j_password=password_of("carol"))
    page = browser.submit(page, "totp") if page.name == "certificate" else page

    assert page.name == "totp"
    assert TROUBLE in _links(page.html)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("case", ["", *CASES])
def test_each_case_has_a_page_whose_links_all_lead_somewhere(idp: Idp, case: str, language: str) -> None:
    browser = idp.browser(language=language)
    page = browser.get(f"{TROUBLE}&case={case}" if case else TROUBLE)

    assert (page.status, page.name) == (200, "trouble")
    assert {f"{TROUBLE}&case={each}" for each in CASES if each != case} <= _links(page.html)
    for link in _links(page.html):
        assert browser.get(link).status == 200, link


@pytest.mark.parametrize(
    ("case", "there"),
    [("lost", "/idp/account/reset"), ("new", "/idp/account/register"), ("camera", "/idp/account/register")],
)
def test_what_a_rule_refuses_from_here_is_no_button_and_the_help_desk_is_named(idp: Idp, case: str, there: str) -> None:
    on_campus = idp.browser().get(f"{TROUBLE}&case={case}").html
    elsewhere = idp.browser(OUTSIDE).get(f"{TROUBLE}&case={case}").html

    assert f'href="{there}?method=totp"' in on_campus
    assert f'href="{there}?method=totp"' not in elsewhere
    assert "cannot be done from the network you are in" in elsewhere


def test_what_the_rule_wants_is_said(make_site: MakeSite) -> None:
    lenient = make_site(campus_replace="password").browser().get(f"{TROUBLE}&case=lost").html
    strict = make_site().browser().get(f"{TROUBLE}&case=lost").html

    assert lenient.count("You will be asked for your password.") == 2
    assert strict.count("You will be asked for your password and for something you have registered") == 1


def test_other_methods_of_this_site_say_what_they_are_good_for(make_site: MakeSite) -> None:
    with_certificates = make_site().browser().get(f"{TROUBLE}&case=lost").html
    without = make_site(methods=("password", "totp")).browser().get(f"{TROUBLE}&case=lost").html

    assert "Client certificate" in with_certificates
    assert "Client certificate" not in without


@pytest.mark.parametrize("query", ["", "?method=password", "?method=nothing", "?method=totp&case=theft"])
def test_anything_else_is_not_there(idp: Idp, query: str) -> None:
    assert idp.browser().get(f"/idp/account/trouble{query}").status == 404
