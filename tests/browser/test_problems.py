"""What goes wrong for people, and what the page then says: code, title, focus, and what is kept."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SitDown
from tests.browser.university import APPLESS, EXPIRED, NOTICED, University
from tests.parts.driver import Account

pytestmark = pytest.mark.slow

LANGUAGES = ("ja", "en")
PREFIX = {"ja": "エラー: ", "en": "Error: "}
SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", SCRIPT)
def test_a101_a_wrong_password_keeps_the_name_and_asks_for_the_password(
    person: SitDown, univ: University, language: str, *, script: bool
) -> None:
    account, someone = univ.account(), person(language, script=script)
    someone.begin(univ.library)
    someone.enter_password(Account(account.username, "not the password"))

    assert (someone.at, someone.problem) == ("password", "A101")
    assert someone.page.title().startswith(PREFIX[language])
    assert someone.focused == "j_password"
    assert someone.page.locator("[name=j_username]").input_value() == account.username
    assert someone.page.locator("[name=j_password]").input_value() == ""
    assert _described(someone.page, "j_password").startswith(_heading(someone.page))
    someone.log_in(account)
    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", SCRIPT)
def test_a201_a_wrong_code_asks_for_the_next_one(
    person: SitDown, univ: University, language: str, *, script: bool
) -> None:
    account, someone = univ.account(), person(language, script=script)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("totp")
    someone.page.locator("[name=tokencode]").fill("000000")
    someone.press("proceed")

    assert (someone.at, someone.problem) == ("totp", "A201")
    assert someone.page.title().startswith(PREFIX[language])
    assert someone.focused == "tokencode"
    assert someone.page.locator("[name=tokencode]").get_attribute("aria-invalid") == "true"
    assert _heading(someone.page) in _described(someone.page, "tokencode")
    someone.enter_code(account)
    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


def test_a201_a_code_works_once_in_two_browsers(person: SitDown, univ: University) -> None:
    account, first, second = univ.account(), person(), person()
    for each in (first, second):
        each.begin(univ.library)
        each.enter_password(account)
        each.press("totp")
    code = univ.codes.next(account)
    first.page.locator("[name=tokencode]").fill(code)
    first.press("proceed")
    first.arrive(univ.library)
    second.page.locator("[name=tokencode]").fill(code)
    second.press("proceed")

    assert (second.at, second.problem) == ("totp", "A201")


@pytest.mark.parametrize(("typed", "code"), [("", "A202"), ("12345", "A203"), ("12ab56", "A203")])
def test_what_is_no_code_is_said_by_the_page_itself(person: SitDown, univ: University, typed: str, code: str) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("totp")
    someone.page.locator("form").evaluate("form => { form.noValidate = true; }")
    someone.page.locator("[name=tokencode]").fill(typed)
    someone.press("proceed")

    assert (someone.at, someone.problem, someone.focused) == ("totp", code, "tokencode")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a205_who_has_no_app_is_told_how_to_get_one(person: SitDown, univ: University, language: str) -> None:
    someone = person(language)
    someone.begin(univ.library)
    someone.enter_password(APPLESS)
    someone.press("totp")

    assert (someone.at, someone.problem) == ("certificate", "A205")
    assert someone.page.title().startswith(PREFIX[language])


def test_a105_an_expired_password_leads_to_its_change_and_back_to_the_service(
    person: SitDown, univ: University
) -> None:
    someone = person()
    someone.begin(univ.library)
    someone.enter_password(EXPIRED)
    assert (someone.at, someone.problem) == ("error", "A105")
    links = someone.main.get_by_role("link", name="Change your password")
    assert links.get_attribute("href") == "https://www.univ.test/password"
    with someone.page.expect_navigation():
        someone.page.locator("[name=_eventId_return]").click()
    answer = someone.arrive(univ.library)

    assert (answer.status, answer.sub_status, answer.assertion) == ("Responder", "AuthnFailed", None)


def test_a_password_about_to_end_is_a_notice_on_the_way(person: SitDown, univ: University) -> None:
    someone = person(campus=True)
    someone.begin(univ.library)
    someone.enter_password(NOTICED)
    assert someone.at == "notice"
    someone.press("proceed")

    assert someone.arrive(univ.library).friendly["uid"] == (NOTICED.username,)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_p103_a_request_of_twenty_minutes_ago_stays_here(
    person: SitDown, univ: University, language: str, binding: str
) -> None:
    someone = person(language)
    someone.begin(univ.courses, binding=binding, minutes_old="20")

    assert (someone.at, someone.problem) == ("error", "P103")
    assert someone.page.title().startswith(PREFIX[language])


def test_p104_a_request_that_another_browser_has_is_a_replay(person: SitDown, univ: University) -> None:
    url, _, _ = univ.courses.login({})
    first, second = person(), person("ja")
    first.page.goto(url)
    assert first.at == "password"
    second.page.goto(url)

    assert (second.at, second.problem) == ("error", "P104")
    assert second.page.title().startswith(PREFIX["ja"])


def _heading(page: Page) -> str:
    return page.locator("#problem h2").inner_text()


def _described(page: Page, name: str) -> str:
    """Give what a screen reader says beside the field's label."""
    ids = (page.locator(f"[name={name}]").get_attribute("aria-describedby") or "").split()
    return "\n".join(page.locator(f"#{each}").inner_text() for each in ids)
