"""A form is good for the browser and the step it was shown at (security.md S-07, S-08, S-13, T-22 to T-24, T-27)."""

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import (
    LOGOUT,
    MFA,
    PASSWORD,
    REDIRECT_SSO,
    SESSION,
    cookie,
    single_factor,
    sso_url,
    step_page,
)
from tests.parts.site import BASE_URL, OUTSIDE, Browser, Idp, Page

STEPS = ("password", "certificate", "totp")
every_step = pytest.mark.parametrize("name", STEPS)


def _right(idp: Idp, name: str) -> dict[str, str]:
    """What finishes each step."""
    return {
        "password": {"j_username": "alice", "j_password": PASSWORD},
        "certificate": {"_eventId_totp": ""},
        "totp": {"tokencode": idp.code()},
    }[name]


def _stands_at(idp: Idp, browser: Browser, page: Page) -> str | None:
    return browser.get(page.action).name


def _other_token(idp: Idp, name: str) -> str:
    other = idp.browser()
    return step_page(idp, other, name).hidden["csrf_token"]


@every_step
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=f"S-07-{kind}")
        for kind in ("none", "empty", "made-up", "other-browser", "other-step", "same-step-other-login")
    ],
)
def test_a_form_without_its_own_token_is_refused(idp: Idp, name: str, kind: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)
    own = page.hidden["csrf_token"]
    token = {
        "none": None,
        "empty": "",
        "made-up": own.partition(".")[0] + "." + "0" * 64,
        "other-browser": _other_token(idp, name),
        "other-step": "7." + own.partition(".")[2],
        "same-step-other-login": browser.visit(OTHER_SP, authn_context_class_refs=(MFA,)).hidden["csrf_token"],
    }[kind]
    fields = {**_right(idp, name), **({} if token is None else {"csrf_token": token})}

    refused = browser.post(page.action, fields)

    assert (refused.status, refused.code) == (403, "S103")
    assert _stands_at(idp, browser, page) == name


@every_step
@pytest.mark.parametrize(
    ("origin", "is_taken"),
    [
        pytest.param("https://evil.example.com", False, id="S-07-origin-evil"),
        pytest.param("http://idp.example.ac.jp", False, id="S-07-origin-http"),
        pytest.param("https://idp.example.ac.jp.evil.example.com", False, id="S-07-origin-suffix"),
        pytest.param("https://idp.example.ac.jp:8443", False, id="S-07-origin-port"),
        pytest.param("", False, id="S-07-origin-empty"),
        pytest.param("null", True, id="S-07-origin-null"),
        pytest.param(BASE_URL, True, id="S-07-origin-ours"),
    ],
)
def test_a_form_from_another_site_is_refused(idp: Idp, name: str, origin: str, is_taken: bool) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)
    browser.headers = {"Origin": origin}

    answer = browser.submit(page, **_right(idp, name))

    assert (answer.code == "S103") is not is_taken
    assert (answer.status == 403) is not is_taken


@every_step
def test_s08_t23_a_login_belongs_to_the_browser_that_began_it(idp: Idp, name: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)
    victim = idp.browser()
    victim.visit(OTHER_SP)

    for answer in (
        victim.get(page.action),
        victim.post(page.action, {**page.hidden, **_right(idp, name)}),
        idp.browser().post(page.action, {**page.hidden, **_right(idp, name)}),
    ):
        assert (answer.status, answer.name, answer.saml_response) == (403, "error", None)
    assert cookie(victim, SESSION) is None
    assert _stands_at(idp, browser, page) == name


def test_s08_an_attackers_finished_login_logs_nobody_else_in(idp: Idp) -> None:
    attacker, url = idp.browser(), sso_url(idp)
    page = attacker.get(url)
    attacker.log_in(page, "bob", "bob's Password 2")
    victim = idp.browser()

    for answer in (victim.get(url), victim.get(page.action)):
        assert (answer.name, answer.saml_response) == ("error", None)
    assert victim.visit(SP).name == "password"


def test_s07_without_cookies_a_form_says_that_they_are_needed(idp: Idp) -> None:
    page = idp.browser().visit(SP)

    refused = idp.browser().submit(page, j_username="alice", j_password=PASSWORD)

    assert (refused.status, refused.code) == (403, "S104")


@every_step
def test_s13_a_form_sent_too_late_is_a_friendly_page(idp: Idp, name: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)
    idp.clock.advance(minutes=15)

    for answer in (browser.submit(page, **_right(idp, name)), browser.get(page.action)):
        assert (answer.status, answer.name, answer.code) == (410, "error", "S101")
    assert browser.visit(SP).name == "password"


@every_step
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_t22_another_method_moves_nothing(idp: Idp, name: str, method: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)

    answer = browser.request(method, page.action)

    assert (answer.status, answer.response.headers["Allow"]) in {(405, "GET"), (405, "GET, HEAD, POST")}
    assert _stands_at(idp, browser, page) == name


def test_t22_a_head_request_takes_no_answer_away(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    url = sso_url(idp)

    assert browser.request("HEAD", url).status == 405
    assert browser.get(url).saml_response is not None


@every_step
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="T-22-nothing"),
        pytest.param({"_eventId_proceed": ""}, id="T-22-only-the-button"),
        pytest.param({"_eventId_certificate": ""}, id="R-05-certificate-button"),
        pytest.param({"j_username": "", "j_password": "", "tokencode": ""}, id="T-22-empty-fields"),
        pytest.param({"j_username": "alice", "j_password": "", "tokencode": " "}, id="T-22-blank"),
    ],
)
def test_an_empty_form_never_advances(idp: Idp, name: str, fields: dict[str, str]) -> None:
    browser = idp.browser(OUTSIDE)
    page = step_page(idp, browser, name)

    answer = browser.post(page.action, {**page.hidden, **fields})

    assert answer.status == 200
    assert answer.name in ({"password"} if name == "password" else {"certificate", "totp"})
    assert answer.saml_response is None


@every_step
def test_t22_a_field_given_twice_is_refused(idp: Idp, name: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)

    answer = browser.post(page.action, [*page.hidden.items(), *_right(idp, name).items(), *_right(idp, name).items()])

    assert (answer.status, answer.code) == (400, "P101")


def test_t24_half_a_login_is_none(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    step_page(idp, browser, "totp")

    assert browser.visit(OTHER_SP).name == "password"
    assert "alice" not in browser.get(LOGOUT).html
    assert browser.judged(browser.visit(OTHER_SP, is_passive=True), OTHER_SP).sub_status == "NoPassive"


def test_t27_a_later_step_cannot_be_reached_by_its_button_or_its_fields(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    page = step_page(idp, browser, "password")

    for event, fields in (("totp", {}), ("certificate", {}), ("proceed", {"tokencode": idp.code()})):
        page = browser.submit(page, event, **fields)
        assert (page.name, page.saml_response) == ("password", None)


@pytest.mark.parametrize("query", ["", "?execution=", "?execution=abc", "?execution=" + "0" * 64])
def test_t27_no_conversation_no_step(idp: Idp, query: str) -> None:
    answer = idp.browser().get(REDIRECT_SSO + query)

    assert (answer.status in {400, 410}, answer.name) == (True, "error")


def test_t20_the_person_cannot_be_changed_between_the_steps(idp: Idp) -> None:
    idp.enrol("carol")
    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="bob", j_password="bob's Password 2")
    page = browser.get(page.action)

    answer = browser.post(
        page.action,
        {**page.hidden, "j_username": "carol", "username": "carol", "tokencode": idp.code(), "_eventId_proceed": ""},
    )

    assert answer.saml_response is None
    assert cookie(browser, SESSION) is None
