"""Cookies hold opaque ids that change with every proof and open nothing else (security.md S-01 to S-06, S-14)."""

import base64
import zlib
from contextlib import suppress
from urllib.parse import unquote

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import (
    BROWSER,
    PASSWORD,
    POST_SSO,
    SESSION,
    TIME_SYNC,
    cookie,
    is_session_live,
    keep_cookie,
    single_factor,
    step_page,
)
from tests.parts.authn_requests import authn_request, post_body
from tests.parts.site import OUTSIDE, Browser, Idp, Page

PATHS = ("/idp/profile/Logout", "/idp/error", "/idp/error?lang=ja", "/idp/shibboleth", "/idp/static/warifu.css")


def _set_cookies(page: Page) -> list[str]:
    return page.response.headers.getlist("Set-Cookie")


def _names(page: Page) -> list[str]:
    return sorted(each.partition("=")[0] for each in _set_cookies(page))


def test_s01_each_cookie_is_set_once_and_for_this_host_alone(idp: Idp) -> None:
    """The guard looks at the attributes of each Set-Cookie; here is which of them there are."""
    browser = idp.browser()
    first = browser.visit(SP)
    answer = browser.log_in(first, "alice", PASSWORD)
    again = browser.visit(SP)

    assert _names(first) == [BROWSER]
    assert _names(answer) == [SESSION]
    assert "Max-Age" not in _set_cookies(answer)[0]
    assert _names(again) == []
    assert _names(browser.get("/idp/error?lang=ja")) == ["__Host-warifu_language"]


def test_s01_a_post_from_another_site_comes_without_cookies_and_takes_none_away(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    before = cookie(browser, BROWSER), cookie(browser, SESSION)
    body = post_body(authn_request(OTHER_SP, issue_instant=idp.clock()))

    cross_site = idp.browser()
    redirected = cross_site.post(POST_SSO, body, follow=False)

    assert (redirected.status, _names(redirected)) == (303, [])
    answer = browser.get(redirected.response.headers["Location"])
    assert browser.judged(answer, OTHER_SP).friendly["uid"] == ("alice",)
    assert (cookie(browser, BROWSER), cookie(browser, SESSION)) == before


@pytest.mark.parametrize("header", ["=__Host-warifu_session=", "__host-warifu_session=", "x=__Host-warifu_session="])
def test_s01b_a_nameless_cookie_is_no_session(idp: Idp, header: str) -> None:
    browser = idp.browser()
    single_factor(browser)
    session = cookie(browser, SESSION)

    stranger = idp.browser()
    stranger.client = idp.application.test_client(use_cookies=False)
    page = stranger.request("GET", "/idp/profile/Logout", headers={"Cookie": f"{header}{session}"})

    assert "alice" not in page.html
    assert (page.status, "_eventId_proceed" in page.buttons) == (200, False)


def test_s03_ids_are_random_and_new_with_every_proof(idp: Idp) -> None:
    browser = idp.browser()
    values = []
    single_factor(browser)
    values.append(cookie(browser, SESSION))
    page = browser.visit(SP, authn_context_class_refs=(TIME_SYNC,))
    browser.submit(page, tokencode=idp.code())
    values.append(cookie(browser, SESSION))
    browser.log_in(browser.visit(SP, force_authn=True), "alice", PASSWORD)
    values.append(cookie(browser, SESSION))

    assert len(set(values)) == 3
    assert all(value is not None and len(value) == 43 for value in values)
    assert [is_session_live(idp, value) for value in values] == [False, False, True]


def test_s03_no_session_before_the_last_step(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    for name in ("password", "certificate", "totp"):
        step_page(idp, browser, name)
        assert cookie(browser, SESSION) is None


def test_s04_a_chosen_session_id_is_not_taken_over(idp: Idp) -> None:
    browser = idp.browser()
    keep_cookie(browser, SESSION, "A" * 43)

    single_factor(browser)

    assert cookie(browser, SESSION) != "A" * 43
    assert not is_session_live(idp, "A" * 43)


def test_s04_an_id_of_one_kind_opens_nothing_of_another(idp: Idp) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, "totp")
    handle = page.action.partition("execution=")[2]
    for value in (cookie(browser, BROWSER), handle, handle[:43], page.hidden["csrf_token"]):
        stranger = idp.browser()
        keep_cookie(stranger, SESSION, value)
        assert stranger.visit(OTHER_SP).name == "password"
    single_factor(browser)
    session = cookie(browser, SESSION)
    stranger = idp.browser()
    keep_cookie(stranger, BROWSER, session)
    assert stranger.visit(OTHER_SP).name == "password"


def _readings(value: str) -> str:
    """Give everything that a curious person might read out of a cookie."""
    octets = [unquote(value).encode()]
    with suppress(ValueError):
        octets.append(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    for each in list(octets):
        with suppress(zlib.error):
            octets.append(zlib.decompress(each))
    return b" ".join(octets).decode("latin-1").lower()


def test_s05_cookies_say_nothing(idp: Idp) -> None:
    browser = idp.browser()
    seen: list[str] = []

    def note(browser: Browser) -> None:
        seen.extend(each.value for each in browser.client._cookies.values())

    for name in ("password", "certificate", "totp"):
        page = step_page(idp, browser, name)
        note(browser)
    browser.submit(page, tokencode=idp.code())
    note(browser)

    assert len(set(seen)) == 2
    assert not any(word in _readings(value) for value in seen for word in ("alice", "password", "123456789"))
    assert not any(value in idp.site.settings.store.path.read_bytes().decode("latin-1") for value in set(seen))


@pytest.mark.parametrize(
    ("visits", "is_live"),
    [
        pytest.param([59], True, id="S-06-idle-59-minutes"),
        pytest.param([60], False, id="S-06-idle-60-minutes"),
        pytest.param([50] * 9, True, id="S-06-used-for-7-hours-30"),
        pytest.param([50] * 9 + [30], False, id="S-06-used-for-8-hours"),
    ],
)
def test_a_session_ends_by_the_servers_clock(idp: Idp, visits: list[int], is_live: bool) -> None:
    browser = idp.browser()
    single_factor(browser)
    for minutes in visits[:-1]:
        idp.clock.advance(minutes=minutes)
        assert browser.judged(browser.visit(SP), SP).status == "Success"

    idp.clock.advance(minutes=visits[-1])

    assert (browser.visit(SP).name == "post") is is_live


def test_s06_a_step_up_does_not_put_off_the_end_of_the_session(idp: Idp) -> None:
    browser = idp.browser()
    first = browser.judged(single_factor(browser), SP)
    for _ in range(6):
        idp.clock.advance(minutes=55)
        browser.visit(SP)
    page = browser.visit(SP, authn_context_class_refs=(TIME_SYNC,))
    stepped = browser.judged(browser.submit(page, tokencode=idp.code()), SP)

    end = first.the_assertion.session_not_on_or_after
    assert stepped.the_assertion.session_not_on_or_after == end
    idp.clock.advance(minutes=55)
    assert browser.judged(browser.visit(SP), SP).the_assertion.session_not_on_or_after == end
    idp.clock.advance(minutes=55)
    browser.visit(SP)
    idp.clock.now = end
    assert browser.visit(SP).name == "password"


def test_s06_a_clock_that_is_set_back_ends_no_session_and_nothing_is_said_to_come_from_the_future(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    idp.clock.advance(minutes=-10)

    judged = browser.judged(browser.visit(SP), SP)

    assert judged.the_assertion.authn_instant == judged.issue_instant == idp.clock()


def test_s14_a_new_address_in_mid_login_is_judged_by_its_network(idp: Idp) -> None:
    browser = idp.browser()
    page = browser.visit(SP)
    browser.address = OUTSIDE

    page = browser.submit(page, j_username="alice", j_password=PASSWORD)

    assert page.name == "certificate"
    assert browser.judged(browser.submit(browser.submit(page, "totp"), tokencode=idp.code()), SP).status == "Success"
