"""Fifty at once: one wins, and no more tries are judged than the budget has (security.md T-02, T-05)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.core.codes import Code
from tests.parts.site import ASK_ALWAYS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import GENEROUS, MANY_CONNECTIONS, MakeIdp, at_code, go_on_at, is_success
from tests.parts.slapd import RunningSlapd

AT_ONCE = 50


def at_the_same_time(idp: Idp, tries: list[tuple[Browser, Page]], code: str) -> list[Page]:
    """Have all of them send the code at one moment."""
    barrier = Barrier(len(tries))

    def send(one: tuple[Browser, Page]) -> Page:
        browser, page = one
        barrier.wait()
        return browser.submit(page, tokencode=code)

    with ThreadPoolExecutor(len(tries)) as pool:
        return list(pool.map(send, tries))


def twin_of(browser: Browser) -> Browser:
    """Give the same browser once more: its cookies, another connection."""
    twin = go_on_at(Browser(browser.idp, browser.address, browser.language), browser.idp)
    for cookie in browser.client._cookies.values():  # the test client has no other way to list them
        twin.client.set_cookie(cookie.key, cookie.value, domain=cookie.domain, secure=True)
    return twin


@pytest.fixture
def crowd(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd, replace=(MANY_CONNECTIONS,), plugins_toml=ASK_ALWAYS + GENEROUS)


def test_t02_fifty_logins_with_one_code_are_one_session(crowd: Idp) -> None:
    tries = [at_code(crowd, address=f"203.0.113.{number}") for number in range(AT_ONCE)]

    answers = at_the_same_time(crowd, tries, crowd.code())

    assert sum(is_success(page) for page in answers) == 1
    assert sum(page.saml_response is not None for page in answers) == 1


def test_t02_fifty_posts_of_one_form_are_one_answer(crowd: Idp) -> None:
    browser, page = at_code(crowd)
    tries = [(twin_of(browser), page) for _ in range(AT_ONCE)]

    answers = at_the_same_time(crowd, tries, crowd.code())

    assert sum(page.saml_response is not None for page in answers) == 1


def test_t05_of_fifty_wrong_codes_at_once_five_are_judged(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, replace=(MANY_CONNECTIONS,))
    tries = [at_code(idp, address=OUTSIDE) for _ in range(AT_ONCE)]

    answers = at_the_same_time(idp, tries, "000000")

    codes = [page.code for page in answers]
    assert codes.count(Code.WRONG_CODE) == 5
    assert codes.count(Code.TOO_MANY_CODES) == AT_ONCE - 5
    assert "oathFailureCount: 5" in own_slapd.server.dump()
