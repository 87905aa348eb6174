"""Back, reload, a second tab, a second click: at every step people do these (S-11), and after logout (S-02)."""

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import Person
from tests.browser.conftest import SitDown
from tests.browser.university import University

pytestmark = pytest.mark.slow

SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]


@pytest.mark.parametrize("script", SCRIPT)
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_s11_reload_at_each_step_shows_the_step(
    person: SitDown, univ: University, binding: str, *, script: bool
) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.library, binding=binding)
    _reload(someone, "password")
    someone.enter_password(account)
    _reload(someone, "certificate")
    someone.press("totp")
    _reload(someone, "totp")
    someone.enter_code(account)

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("script", SCRIPT)
def test_s11_back_leads_to_the_step_where_things_stand(person: SitDown, univ: University, *, script: bool) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.page.go_back(wait_until="load")
    assert someone.at == "certificate"
    someone.press("totp")
    someone.page.go_back(wait_until="load")
    assert someone.at == "totp"
    someone.enter_code(account)

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("script", SCRIPT)
def test_s11_back_from_the_service_explains_and_signs_nobody_in_twice(
    person: SitDown, univ: University, *, script: bool
) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.library)
    someone.log_in(account)
    someone.arrive(univ.library)
    answers = len(univ.library.answers)
    if not script:  # our last page was the answer to a form, which a browser does not send again by itself
        with pytest.raises(Error, match="ERR_CACHE_MISS"):
            someone.page.go_back()
        someone.page.wait_for_url("chrome-error://**")
    someone.page.go_back(wait_until="load")

    assert (someone.at, someone.problem) == ("error", "P104")
    assert len(univ.library.answers) == answers


def test_s11_a_second_tab_goes_on_with_the_same_login(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.library)
    first, address = someone.page, someone.page.url
    someone.page = someone.context.new_page()
    someone.page.goto(address)
    someone.enter_password(account)
    assert someone.at == "certificate"

    someone.page = first
    someone.enter_password(account)
    assert someone.at == "certificate"
    someone.press("totp")
    someone.enter_code(account)
    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("milliseconds", [0, 20, 60])
def test_s11_a_second_click_is_forgiven_at_each_step(person: SitDown, univ: University, milliseconds: int) -> None:
    account, someone = univ.account(), person()
    someone.begin(univ.library)
    someone.page.locator("[name=j_username]").fill(account.username)
    someone.page.locator("[name=j_password]").fill(account.password)
    _click_twice(someone, milliseconds)
    someone.page.locator("main[data-page=certificate]").wait_for()
    someone.press("totp")
    someone.page.locator("[name=tokencode]").fill(univ.codes.next(account))
    _click_twice(someone, milliseconds)

    assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


@pytest.mark.parametrize("script", SCRIPT)
def test_s02_after_logout_back_shows_nothing_of_the_person(person: SitDown, univ: University, *, script: bool) -> None:
    account, someone = univ.account(), person(script=script)
    someone.begin(univ.library)
    someone.log_in(account)
    someone.arrive(univ.library)
    someone.open("/idp/profile/Logout")
    assert account.username in someone.main.inner_text()
    someone.press("proceed")
    assert (someone.at, someone.buttons) == ("logout", [])
    for _ in range(2):
        someone.page.go_back(wait_until="commit")
        someone.page.wait_for_load_state()
        assert account.username not in someone.page.content()

    someone.begin(univ.library)
    assert someone.at == "password"
    assert account.username not in someone.page.content()


def _reload(someone: Person, page: str) -> None:
    someone.page.wait_for_load_state("load")  # before it is whole, Chromium may know of no page to load again
    someone.page.reload(wait_until="load")
    assert someone.at == page


def _click_twice(someone: Person, milliseconds: int) -> None:
    someone.page.locator("[name=_eventId_proceed]").evaluate(
        "(button, wait) => { button.click(); setTimeout(() => button.click(), wait); }", milliseconds
    )
