"""The seed page's sequence in a real browser, from a service to the same service."""

import pytest

from tests.browser.chromium import DESKTOP, NARROW, PHONE, Person
from tests.browser.conftest import SitDown
from tests.browser.looks import too_wide
from tests.browser.university import University

pytestmark = pytest.mark.slow

MFA = "https://refeds.org/profile/mfa"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
LANGUAGES = ("ja", "en")
TITLES = {
    "ja": ("パスワード認証", "クライアント証明書認証", "TOTP認証"),
    "en": ("Password authentication", "Client Certificate Authentication", "TOTP Authentication"),
}
LOGIN = {"ja": "ログイン", "en": "Login"}
APP = {"ja": "ワンタイムパスワードアプリでログイン", "en": "Login using One Time Password App"}
LIBRARY = {"ja": "附属図書館", "en": "University Library"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", SCRIPT)
def test_seed_01_13_14_15_16_password_certificate_page_app_and_the_service(
    person: SitDown, univ: University, language: str, *, script: bool
) -> None:
    account, someone = univ.account(), person(language, script=script)

    someone.begin(univ.library)
    assert (someone.at, someone.heading, someone.buttons) == ("password", TITLES[language][0], [LOGIN[language]])
    assert LIBRARY[language] in someone.main.inner_text()
    someone.enter_password(account)
    assert (someone.at, someone.heading) == ("certificate", TITLES[language][1])
    assert APP[language] in someone.buttons
    someone.press("totp")
    assert (someone.at, someone.heading) == ("totp", TITLES[language][2])
    assert LOGIN[language] in someone.buttons
    someone.enter_code(account)

    answer = someone.arrive(univ.library)
    assert (answer.status, answer.authn_context) == ("Success", TIME_SYNC)
    assert answer.friendly["uid"] == (account.username,)


@pytest.mark.parametrize("script", SCRIPT)
@pytest.mark.parametrize("size", [pytest.param(size, id=f"{size[0]}px") for size in (DESKTOP, PHONE, NARROW)])
def test_seed_13_14_15_by_keyboard_alone_with_enter_at_each_step(
    person: SitDown, univ: University, size: tuple[int, int], *, script: bool
) -> None:
    account, someone = univ.account(), person("ja", script=script, size=size)
    someone.begin(univ.library)
    _type(someone, "j_username", account.username)
    _type(someone, "j_password", account.password)
    assert not too_wide(someone.page)
    _press_enter(someone)
    assert not too_wide(someone.page)
    someone.tab_to("_eventId_totp")
    _press_enter(someone)
    assert not too_wide(someone.page)
    _type(someone, "tokencode", univ.codes.next(account))
    _press_enter(someone)
    if not script:
        someone.tab_to("")
        _press_enter(someone)
        someone.has_script = True  # the answer has been sent by hand

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


def test_each_page_begins_with_the_focus_where_it_is_needed(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.library)
    assert someone.focused == "j_username"
    someone.enter_password(account)
    assert someone.focused == "_eventId_certificate"
    someone.press("totp")
    assert someone.focused == "tokencode"


def test_a_full_width_code_with_spaces_is_taken(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person("ja")
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("totp")
    code = univ.codes.next(account).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    someone.page.locator("[name=tokencode]").fill(f" {code[:3]} {code[3:]}")
    someone.press("proceed")

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


def test_seed_02_on_campus_the_password_alone_then_another_service_then_a_step_up(
    person: SitDown, univ: University
) -> None:
    account, someone = univ.account(), person(campus=True)
    someone.begin(univ.library)
    someone.enter_password(account)
    assert someone.arrive(univ.library).authn_context == PPT

    someone.begin(univ.courses)
    second = someone.arrive(univ.courses)
    assert (second.authn_context, second.friendly["uid"]) == (PPT, (account.username,))

    someone.begin(univ.courses, **{"class": MFA})
    assert someone.at == "certificate"
    someone.press("totp")
    someone.enter_code(account)
    assert someone.arrive(univ.courses).authn_context == MFA


def test_seed_02_from_outside_a_second_service_needs_no_new_login(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person("ja")
    someone.begin(univ.library)
    someone.log_in(account)
    first = someone.arrive(univ.library)
    someone.begin(univ.courses)
    second = someone.arrive(univ.courses)

    assert (first.authn_context, second.authn_context) == (TIME_SYNC, TIME_SYNC)
    assert first.name_id != second.name_id


def test_a_forced_login_asks_again_and_names_the_person_no_service_could_change(
    person: SitDown, univ: University
) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.library)
    someone.log_in(account)
    first = someone.arrive(univ.library)
    someone.begin(univ.library, force="1")
    assert someone.at == "password"
    someone.log_in(account)

    assert someone.arrive(univ.library).the_assertion.authn_instant >= first.the_assertion.authn_instant


def _type(someone: Person, name: str, text: str) -> None:
    someone.tab_to(name)
    someone.page.keyboard.type(text)


def _press_enter(someone: Person) -> None:
    with someone.page.expect_navigation(wait_until="load"):
        someone.page.keyboard.press("Enter")
