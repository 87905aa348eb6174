"""Requests by POST from another site, which come without our cookies; and what the cookies are like (S-01)."""

import pytest

from tests.browser.chromium import Person
from tests.browser.conftest import SitDown
from tests.browser.university import IDP, University

pytestmark = pytest.mark.slow

MFA = "https://refeds.org/profile/mfa"
SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]


@pytest.mark.parametrize("script", SCRIPT)
def test_s01_a_request_posted_from_another_site_leads_through_the_login(
    person: SitDown, univ: University, *, script: bool
) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.courses, binding="post")
    assert someone.at == "password"
    someone.log_in(account)

    assert someone.arrive(univ.courses).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("script", SCRIPT)
def test_s01_a_request_posted_from_another_site_finds_the_live_session(
    person: SitDown, univ: University, *, script: bool
) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.library)
    someone.log_in(account)
    someone.arrive(univ.library)
    before = _cookies(someone)
    someone.begin(univ.courses, binding="post")

    assert someone.arrive(univ.courses).friendly["uid"] == (account.username,)
    assert _cookies(someone) == before


def test_s01_a_step_up_posted_from_another_site_asks_for_the_app_alone(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person(campus=True)
    someone.begin(univ.courses, binding="post")
    someone.enter_password(account)
    someone.arrive(univ.courses)
    someone.begin(univ.courses, binding="post", **{"class": MFA})
    assert someone.at == "certificate"
    someone.press("totp")
    someone.enter_code(account)

    assert someone.arrive(univ.courses).authn_context == MFA


def test_s01_cookies_are_for_this_host_alone_and_out_of_reach_for_scripts(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.courses, binding="post")
    someone.log_in(account)
    someone.arrive(univ.courses)
    someone.open("/idp/profile/Logout?lang=ja")

    ours = [cookie for cookie in someone.context.cookies() if cookie["domain"].lstrip(".") == IDP]
    assert {cookie["name"] for cookie in ours} == {
        "__Host-warifu_browser",
        "__Host-warifu_session",
        "__Host-warifu_language",
    }
    for cookie in ours:
        assert (cookie["domain"], cookie["path"], cookie["secure"]) == (IDP, "/", True)
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert someone.page.evaluate("document.cookie") == ""


def test_s10_the_service_may_redirect_to_a_third_site_after_the_answer(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person(campus=True)
    assert univ.library.after.startswith("https://sp.other.test/")
    someone.begin(univ.library)
    someone.enter_password(account)

    assert someone.arrive(univ.library).status == "Success"
    assert someone.page.url.startswith(univ.library.after)


def _cookies(someone: Person) -> dict[str, str]:
    cookies = someone.context.cookies(f"https://{IDP}")
    return {cookie["name"]: cookie["value"] for cookie in cookies}
