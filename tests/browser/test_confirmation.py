"""The confirmation page `/mfa-test/`, on campus and from outside (seed-11, seed-12)."""

import pytest

from tests.browser.chromium import Person
from tests.browser.conftest import SitDown
from tests.browser.university import GUEST, MFA_TEST, University

pytestmark = pytest.mark.slow

MFA = "https://refeds.org/profile/mfa"
LANGUAGES = ("ja", "en")
NETWORK = {("ja", True): "学内", ("ja", False): "学外", ("en", True): "on campus", ("en", False): "outside the campus"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", [pytest.param(True, id="script"), pytest.param(False, id="no-script")])
@pytest.mark.parametrize("campus", [pytest.param(True, id="seed-11-campus"), pytest.param(False, id="seed-12-outside")])
def test_two_factors_are_asked_for_and_confirmed(
    person: SitDown, univ: University, language: str, *, script: bool, campus: bool
) -> None:
    account, someone = univ.account(), person(language, campus=campus, script=script)
    _start(someone)
    assert someone.at == "password"
    someone.log_in(account)
    _return(someone)

    assert _result(someone) == "ok"
    assert _fact(someone, "person") == f"{account.username}@example.ac.jp"
    assert _fact(someone, "authn-context") == MFA
    assert _fact(someone, "network") == NETWORK[language, campus]
    attribute = someone.page.locator("[data-attribute='urn:oid:0.9.2342.19200300.100.1.1']")
    assert attribute.inner_text() == account.username


def test_seed_11_a_live_login_by_password_is_stepped_up(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person(campus=True)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.arrive(univ.library)
    _start(someone)
    assert someone.at == "certificate"
    someone.press("totp")
    someone.enter_code(account)
    _return(someone)

    assert _result(someone) == "ok"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_told_in_plain_words(person: SitDown, univ: University, language: str) -> None:
    someone = person(language)
    _start(someone)
    someone.enter_password(GUEST)
    _return(someone)

    assert _result(someone) == "refused"
    assert someone.page.get_by_role("alert").inner_text() != ""
    someone.page.locator("summary").click()
    assert "RequestDenied" in " ".join(someone.page.locator("[data-fact=status]").all_inner_texts())


def _start(someone: Person) -> None:
    someone.page.goto(f"{MFA_TEST}/")
    with someone.page.expect_navigation(wait_until="load"):
        someone.page.locator("a.button").click()


def _return(someone: Person) -> None:
    if not someone.has_script:
        someone.page.locator("form#answer button").click()
    someone.page.wait_for_url("**/mfa-test/acs")


def _result(someone: Person) -> str:
    return someone.page.locator("[data-result]").get_attribute("data-result") or ""


def _fact(someone: Person, name: str) -> str:
    return someone.page.locator(f"[data-fact={name}]").inner_text()
