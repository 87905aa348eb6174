"""The local logout (security.md L-05, L-08; /idp/profile/Logout)."""

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import (
    LOGOUT,
    PASSWORD,
    SESSION,
    cookie,
    is_session_live,
    keep_cookie,
    logs,
    single_factor,
)
from tests.parts.site import Idp


def test_l05_asking_by_get_ends_nothing(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)

    for _ in range(3):
        page = browser.get(LOGOUT)
        assert (page.status, page.name, page.buttons) == (200, "logout", ["_eventId_proceed"])
    assert "alice" in page.html
    assert browser.judged(browser.visit(SP), SP).status == "Success"


def test_l05_the_form_with_its_token_ends_the_session(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    session = cookie(browser, SESSION)

    done = browser.submit(browser.get(LOGOUT))

    assert (done.status, done.name, done.buttons) == (200, "logout", [])
    assert cookie(browser, SESSION) is None
    assert not is_session_live(idp, session)
    assert browser.visit(SP).name == "password"
    assert "LOGOUT" in logs(idp)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"csrf_token": None}, id="L-05-no-token"),
        pytest.param({"csrf_token": "0." + "0" * 64}, id="L-05-made-up-token"),
        pytest.param({"other": True}, id="L-05-another-browsers-token"),
        pytest.param({"origin": "https://evil.example.com"}, id="L-05-another-origin"),
    ],
)
def test_another_sites_form_ends_nothing(idp: Idp, change: dict[str, object]) -> None:
    browser = idp.browser()
    single_factor(browser)
    fields = browser.get(LOGOUT).hidden
    if change.get("other"):
        stranger = idp.browser()
        single_factor(stranger)
        fields = stranger.get(LOGOUT).hidden
    if "csrf_token" in change:
        fields = {} if change["csrf_token"] is None else {"csrf_token": str(change["csrf_token"])}
    headers = {"Origin": str(change["origin"])} if "origin" in change else {}

    refused = browser.request(
        "POST", LOGOUT, data=fields, content_type="application/x-www-form-urlencoded", headers=headers
    )

    assert (refused.status, refused.code) == (403, "S103")
    assert browser.judged(browser.visit(SP), SP).status == "Success"


def test_l05_the_token_of_a_login_form_ends_no_session(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    token = browser.visit(SP, force_authn=True).hidden

    assert browser.post(LOGOUT, token).code == "S103"


def test_l08_the_old_cookie_opens_nothing_on_any_worker(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    session = str(cookie(browser, SESSION))
    browser.submit(browser.get(LOGOUT))

    second = Idp.load(idp.conf, idp.clock)
    try:
        for site in (idp, second):
            thief = site.browser()
            keep_cookie(thief, SESSION, session)
            assert thief.visit(OTHER_SP).name == "password"
    finally:
        second.close()


def test_l08_a_session_replaced_by_a_new_login_is_over_as_well(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    old = str(cookie(browser, SESSION))
    browser.log_in(browser.visit(SP, force_authn=True), "alice", PASSWORD)

    thief = idp.browser()
    keep_cookie(thief, SESSION, old)

    assert thief.visit(SP).name == "password"


def test_logout_without_a_session_says_so_and_harms_nothing(idp: Idp) -> None:
    browser = idp.browser()
    page = browser.get(LOGOUT)

    assert (page.name, page.buttons) == ("logout", [])


def test_two_browsers_of_a_person_log_out_one_by_one(idp: Idp) -> None:
    one, two = idp.browser(), idp.browser()
    single_factor(one)
    single_factor(two)

    one.submit(one.get(LOGOUT))

    assert (one.visit(SP).name, two.visit(SP).name) == ("password", "post")
