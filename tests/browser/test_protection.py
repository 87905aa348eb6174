"""What Chromium itself refuses on our pages: frames (S-09), foreign and inline script (S-10)."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import Person
from tests.browser.conftest import SitDown
from tests.browser.university import BASE_URL, MFA_TEST, University

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "path",
    ["", "/idp/profile/Logout", "/idp/error", "/idp/nothing", "/idp/static/warifu.css", "/idp/health"],
    ids=["password", "logout", "error", "not-found", "style", "health"],
)
def test_s09_no_page_is_shown_in_a_frame(person: SitDown, univ: University, path: str) -> None:
    url, _, _ = univ.courses.login({})
    someone = person()
    _frame(someone, univ, BASE_URL + path if path else url)

    _is_refused(someone)


@pytest.mark.parametrize("path", ["/", "/?start=1", "/acs"])
def test_s09_neither_is_the_confirmation_page(person: SitDown, univ: University, path: str) -> None:
    someone = person()
    _frame(someone, univ, MFA_TEST + path)

    _is_refused(someone)


def test_s10_a_script_inside_a_page_is_refused(person: SitDown, univ: University) -> None:
    someone = person()
    someone.begin(univ.library)
    with pytest.raises(Error, match="Content Security Policy"):
        someone.page.add_script_tag(content="window.injected = true")

    assert someone.page.evaluate("window.injected") is None
    assert any("Content Security Policy" in complaint for complaint in someone.complaints)
    someone.complaints.clear()


def test_s10_a_form_is_sent_nowhere_else(person: SitDown, univ: University) -> None:
    someone = person()
    someone.begin(univ.library)
    someone.page.locator("form").evaluate("(form, url) => { form.action = url; }", f"{univ.courses.url}/stolen")
    someone.page.locator("[name=j_username]").fill("alice")
    someone.page.locator("[name=j_password]").fill("secret")
    with someone.page.expect_event("console", lambda message: "form-action" in message.text):
        someone.page.keyboard.press("Enter")

    assert someone.page.url.startswith(BASE_URL)
    someone.complaints.clear()


def test_s10_no_page_of_a_login_asks_any_other_host(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person()
    asked: set[str] = set()
    someone.page.on("request", lambda request: asked.add(request.url))
    someone.begin(univ.library)
    someone.log_in(account)
    someone.arrive(univ.library)
    someone.open("/idp/profile/Logout")
    someone.press("proceed")

    sites = (BASE_URL, univ.library.url, univ.courses.url)
    assert [url for url in asked if not url.startswith(sites)] == []


def _frame(someone: Person, univ: University, url: str) -> None:
    with someone.page.expect_event("console", lambda message: "frame" in message.text.lower()):
        someone.page.goto(f"{univ.courses.url}/frame?{urlencode({'url': url})}")


def _is_refused(someone: Person) -> None:
    (frame,) = (frame for frame in someone.page.frames if frame is not someone.page.main_frame)
    frame.wait_for_url("chrome-error://**", wait_until="commit")
    assert all("frame" in complaint.lower() for complaint in someone.complaints)
    someone.complaints.clear()
