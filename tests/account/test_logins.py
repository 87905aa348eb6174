"""People see where they have logged in lately: when, to which service, from where, how."""

import pytest

from idp.flow.history import MOST
from tests.account.conftest import OTHER_SP, SP
from tests.account.steps import ACCOUNT, logged_in, part, password_of
from tests.parts.site import OUTSIDE, Idp

TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


def test_a_login_is_told_with_time_service_place_and_methods(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    browser.judged(browser.log_in(browser.visit(SP), "alice", password_of("alice"), code=idp.code()), SP)
    idp.clock.advance(minutes=5)

    logins = part(logged_in(idp).get(ACCOUNT), "logins")

    assert f"2026-11-24 09:00 JST Library outside the campus ({OUTSIDE}) · Password, One-time password app" in logins


@pytest.mark.parametrize(("language", "words"), [("en", "on campus"), ("ja", "学内 (192.0.2.10) · パスワード")])
def test_the_login_of_this_browser_is_marked(idp: Idp, language: str, words: str) -> None:
    page = logged_in(idp, language=language).get(ACCOUNT)

    assert page.html.count("data-here") == 1
    assert words in part(page, "logins")


def test_a_service_that_is_not_registered_any_more_is_named_by_its_entity_id(idp: Idp) -> None:
    browser = idp.browser()
    browser.judged(browser.log_in(browser.visit(OTHER_SP), "alice", password_of("alice")), OTHER_SP)

    assert OTHER_SP.entity_id in part(browser.get(ACCOUNT), "logins")


def test_the_page_shows_no_more_than_it_says(idp: Idp) -> None:
    for _ in range(MOST + 1):
        idp.clock.advance(minutes=1)
        browser = logged_in(idp)

    assert part(browser.get(ACCOUNT), "logins").count("JST") == MOST


def test_nobody_sees_another_persons_logins(idp: Idp) -> None:
    logged_in(idp, "alice", OUTSIDE)

    assert OUTSIDE not in logged_in(idp, "carol").get(ACCOUNT).html
