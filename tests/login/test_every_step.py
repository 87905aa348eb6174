"""At every step a person may go back, reload, send a form twice or open a second tab (security.md S-11, S-12)."""

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, TIME_SYNC, sso_url, step_page
from tests.parts.site import OUTSIDE, Browser, Idp, Page

STEPS = ("password", "certificate", "totp")
every_step = pytest.mark.parametrize("name", STEPS)


def _go_on(idp: Idp, browser: Browser, page: Page) -> Page:
    """Do what each page asks until there is an answer; a code of a step that is over is waited out."""
    for _ in range(8):
        if page.name == "password":
            page = browser.submit(page, j_username="alice", j_password=PASSWORD)
        elif page.name == "certificate":
            page = browser.submit(page, "totp")
        elif page.name == "totp":
            page = browser.submit(page, tokencode=idp.code())
        else:
            return page
    raise AssertionError(f"no end: {page.name} {page.code}")


@every_step
@pytest.mark.parametrize(
    "what", [pytest.param(what, id=f"S-11-{what}") for what in ("reload", "new-tab", "service-url", "language")]
)
def test_the_page_is_there_again_and_goes_on(idp: Idp, name: str, what: str) -> None:
    browser = idp.browser(OUTSIDE)
    url = sso_url(idp, authn_context_class_refs=(MFA,))
    page = browser.get(url)
    for _ in range(STEPS.index(name)):
        page = {
            "password": lambda page: browser.submit(page, j_username="alice", j_password=PASSWORD),
            "certificate": lambda page: browser.submit(page, "totp"),
        }[page.name](page)
    assert page.name == name

    again = browser.get({"service-url": url, "language": f"{page.action}&lang=ja"}.get(what, page.action))

    assert again.name == name
    both = _go_on(idp, browser, again)
    assert browser.judged(both, SP).authn_context == MFA


@every_step
def test_s11_back_to_an_earlier_page_and_its_form_again_skips_and_loses_nothing(idp: Idp, name: str) -> None:
    browser = idp.browser(OUTSIDE)
    earlier = []
    page = browser.visit(SP, authn_context_class_refs=(MFA,))
    while page.name != name:
        earlier.append(page)
        page = (
            browser.submit(page, j_username="alice", j_password=PASSWORD)
            if page.name == "password"
            else browser.submit(page, "totp")
        )

    for old in earlier:
        for fields in ({"j_username": "alice", "j_password": PASSWORD}, {"j_username": "alice", "j_password": "wrong"}):
            again = browser.submit(old, **fields)
            assert (again.status, again.name, again.code) == (200, name, None)
    assert browser.judged(_go_on(idp, browser, browser.get(page.action)), SP).authn_context == MFA


@every_step
def test_s11_a_form_sent_twice_is_taken_once(idp: Idp, name: str) -> None:
    browser = idp.browser(OUTSIDE)
    page = step_page(idp, browser, name)
    event, fields = {
        "password": ("proceed", {"j_username": "alice", "j_password": PASSWORD}),
        "certificate": ("totp", {}),
        "totp": ("proceed", {"tokencode": idp.code()}),
    }[name]

    first, second = browser.submit(page, event, **fields), browser.submit(page, event, **fields)

    if name == "totp":
        assert first.saml_response is not None
        assert (second.status, second.code, second.saml_response) == (400, "P104", None)
    else:
        assert (second.status, second.name, second.code) == (200, first.name, None)


def test_s11_a_wrong_try_is_charged_once_however_often_it_is_reloaded(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    page = step_page(idp, browser, "totp")
    wrong = browser.submit(page, tokencode="000000")
    assert (wrong.name, wrong.code) == ("totp", "A201")

    for _ in range(10):
        assert browser.get(page.action).code is None
    assert browser.submit(browser.get(page.action), tokencode=idp.code()).saml_response is not None


def test_s11_t01_a_code_of_one_tab_is_not_good_in_another(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    one = step_page(idp, browser, "totp")
    code = idp.code()
    other = idp.browser(OUTSIDE)
    two = step_page(idp, other, "totp")
    assert browser.submit(one, tokencode=code).saml_response is not None

    refused = other.submit(two, tokencode=code)

    assert (refused.name, refused.code, refused.saml_response) == ("totp", "A201", None)


def test_s11_after_the_answer_there_is_no_way_back_but_a_word_on_what_to_do(idp: Idp) -> None:
    browser = idp.browser()
    page = browser.visit(SP)
    browser.log_in(page, "alice", PASSWORD)

    for answer in (browser.get(page.action), browser.submit(page, j_username="alice", j_password=PASSWORD)):
        assert (answer.status, answer.name, answer.code, answer.saml_response) == (400, "error", "P104", None)
        assert idp.site.words.text("en", "code.P104.text") in answer.html


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("aabb", id="S-12-one-after-the-other"),
        pytest.param("abab", id="S-12-in-turns"),
        pytest.param("abba", id="S-12-nested"),
    ],
)
def test_two_tabs_for_two_service_providers_end_each_at_its_own(idp: Idp, order: str) -> None:
    browser = idp.browser(OUTSIDE)
    tabs = {
        "a": (SP, browser.visit(SP, id="_a", relay_state="a", authn_context_class_refs=(TIME_SYNC,))),
        "b": (OTHER_SP, browser.visit(OTHER_SP, id="_b", relay_state="b", authn_context_class_refs=(TIME_SYNC,))),
    }
    for name in order:
        sp, page = tabs[name]
        if page.name == "password":
            page = browser.submit(page, j_username="alice", j_password=PASSWORD)
        elif page.name == "totp":
            idp.clock.advance(seconds=30)
            page = browser.submit(page, tokencode=idp.code())
        tabs[name] = sp, page

    for name, (sp, page) in tabs.items():
        judged = browser.judged(page, sp)
        assert (judged.in_response_to, page.hidden["RelayState"], page.action) == (f"_{name}", name, sp.acs)
        assert judged.the_assertion.audiences == (sp.entity_id,)


def test_s12_a_tab_that_waited_while_another_logged_in_needs_no_second_login(idp: Idp) -> None:
    browser = idp.browser()
    waiting = browser.visit(OTHER_SP)
    browser.log_in(browser.visit(SP), "alice", PASSWORD)

    answer = browser.get(waiting.action)

    assert browser.judged(answer, OTHER_SP).friendly["uid"] == ("alice",)
