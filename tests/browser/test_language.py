"""The browser's language, another one chosen on the page, and what is remembered of the choice."""

import pytest

from tests.browser.chromium import Person
from tests.browser.conftest import SitDown
from tests.browser.university import MFA_TEST, University

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("locale", "heading"),
    [("ja-JP", "パスワード認証"), ("en-GB", "Password authentication"), ("fr-FR", "パスワード認証")],
)
def test_the_page_speaks_the_browsers_language_else_the_sites_first(
    person: SitDown, univ: University, locale: str, heading: str
) -> None:
    someone = person(locale)
    someone.begin(univ.library)

    assert someone.heading == heading


@pytest.mark.parametrize("script", [pytest.param(True, id="script"), pytest.param(False, id="no-script")])
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_another_language_is_chosen_at_any_step_and_the_step_stays(
    person: SitDown, univ: University, binding: str, *, script: bool
) -> None:
    account, someone = univ.account(), person("ja", script=script)
    someone.begin(univ.library, binding=binding)
    _choose(someone, "English")
    assert (someone.at, someone.heading) == ("password", "Password authentication")
    someone.enter_password(account)
    assert someone.heading == "Client Certificate Authentication"
    _choose(someone, "日本語")
    assert (someone.at, someone.heading) == ("certificate", "クライアント証明書認証")
    someone.press("totp")
    _choose(someone, "English")
    assert (someone.at, someone.heading) == ("totp", "TOTP Authentication")
    someone.enter_code(account)

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


def test_the_choice_is_remembered_for_the_next_login(person: SitDown, univ: University) -> None:
    someone = person("ja")
    someone.begin(univ.library)
    _choose(someone, "English")
    someone.begin(univ.courses)

    assert someone.heading == "Password authentication"
    assert someone.page.locator("html").get_attribute("lang") == "en"


def test_the_confirmation_page_hands_its_language_there_and_back(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person("ja")
    someone.page.goto(f"{MFA_TEST}/")
    _choose(someone, "English")
    assert someone.heading == "Connection confirmation"
    someone.page.locator("a.button").click()
    someone.page.locator("[name=j_username]").wait_for()
    someone.log_in(account)
    someone.page.wait_for_url("**/mfa-test/acs")

    assert someone.heading == "Two factors worked."


def _choose(someone: Person, label: str) -> None:
    page = someone.page
    with page.expect_navigation(wait_until="load"):
        page.locator("header").get_by_role("link", name=label).click()
