"""A login with a passkey at a service provider: after a password, in place of one, and how it goes wrong."""

import json

import pytest

from idp.plugin import Binding
from tests.parts.site import CAMPUS, OUTSIDE, Idp, Page
from tests.passkey.authenticator import UP, UV, SoftKey
from tests.passkey.conftest import SP, Desk, MakeIdp
from tests.passkey.steps import options_of, prove_password, send, use

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
MFA = "https://refeds.org/profile/mfa"


def context_of(idp: Idp, page: Page) -> str:
    return idp.browser().judged(page, SP).the_assertion.authn_context


def events(idp: Idp) -> list[dict[str, object]]:
    return [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()]


@pytest.mark.parametrize("flags", [UP, UP | UV], ids=["present", "verified"])
def test_after_a_password_it_is_two_factors(desk: Desk, flags: int) -> None:
    key, browser = desk.register("carol", SoftKey(flags=UP | UV)), desk.idp.browser(OUTSIDE)
    key.flags = flags
    page = prove_password(browser, browser.visit(SP, authn_context_class_refs=(MFA,)))

    assert "carol" in page.html
    assert "_eventId_totp" in page.buttons
    page = use(browser, page, key)

    assert context_of(desk.idp, page) == MFA
    assert events(desk.idp)[-1]["decision"] == "accepted"


def test_in_place_of_a_password_it_is_two_factors_alone(desk: Desk) -> None:
    key, browser = desk.register("carol"), desk.idp.browser(OUTSIDE)
    page = browser.visit(SP, authn_context_class_refs=(MFA,))
    assert page.name == "password"
    assert "_eventId_passkey" in page.buttons

    page = browser.submit(page, "passkey")
    assert (page.name, '"allowCredentials":[]' in options_of(page)) == ("passkey", True)
    assert {"_eventId_proceed", "_eventId_password"} <= set(page.buttons)
    page = use(browser, page, key)

    assert context_of(desk.idp, page) == MFA
    assert browser.judged(page, SP).attributes["urn:oid:0.9.2342.19200300.100.1.1"] == ("carol",)


def test_where_it_stands_first_its_page_begins_the_login(make_idp: MakeIdp) -> None:
    desk = Desk(make_idp(methods=("passkey", "password", "totp")))
    key, browser = desk.register("carol"), desk.idp.browser(CAMPUS)
    page = browser.visit(SP)
    assert (page.name, "_eventId_password" in page.buttons) == ("passkey", True)

    assert context_of(desk.idp, use(browser, page, key)) == MFA


def test_a_passkey_is_not_the_password_that_a_service_asks_for(desk: Desk) -> None:
    key, browser = desk.register("carol"), desk.idp.browser(CAMPUS)
    page = browser.submit(browser.visit(SP, authn_context_class_refs=(PASSWORD,)), "passkey")

    page = use(browser, page, key)

    assert page.name == "password"
    assert context_of(desk.idp, browser.submit(page, j_password="carol's Password 3")) == PASSWORD


def test_with_a_session_of_the_password_a_passkey_steps_up(desk: Desk) -> None:
    key, browser = desk.register("carol"), desk.idp.browser(CAMPUS)
    assert context_of(desk.idp, prove_password(browser, browser.visit(SP))) == PASSWORD

    page = browser.visit(SP, authn_context_class_refs=(MFA,))

    assert key.get(options_of(page))["credential_id"] in options_of(page)
    assert context_of(desk.idp, use(browser, page, key)) == MFA


def test_who_has_no_passkey_sees_no_more_of_it_than_the_button_before_the_password(desk: Desk) -> None:
    desk.idp.enrol("carol")
    browser = desk.idp.browser(OUTSIDE)

    page = prove_password(browser, browser.visit(SP))

    assert (page.name, page.code, "_eventId_passkey" in page.buttons) == ("totp", None, False)


@pytest.mark.parametrize("how", ["second", "alone"])
def test_a_replayed_answer_is_none_in_the_same_and_in_another_conversation(desk: Desk, how: str) -> None:
    key, browser, thief = desk.register("carol"), desk.idp.browser(OUTSIDE), desk.idp.browser(OUTSIDE)
    pages = []
    for each in (browser, thief):
        page = each.visit(SP)
        pages.append(prove_password(each, page) if how == "second" else each.submit(page, "passkey"))
    form = key.get(options_of(pages[0]))
    assert send(browser, pages[0], form).saml_response is not None

    assert send(browser, pages[0], form).saml_response is None
    replayed = send(thief, pages[1], form)
    assert (replayed.name, replayed.code) == ("passkey", "A201")


def test_t20_another_persons_passkey_finishes_nobodys_login(desk: Desk) -> None:
    desk.register("carol")
    bobs, browser = desk.register("bob"), desk.idp.browser(OUTSIDE)
    page = prove_password(browser, browser.visit(SP))

    page = use(browser, page, bobs)

    assert (page.name, page.code, page.saml_response) == ("passkey", "A205", None)


def test_t05_wrong_ones_are_counted_and_end(make_idp: MakeIdp) -> None:
    desk = Desk(make_idp(plugins_toml='\n[limits.passkey]\nperson = ["3/5m"]\naddress = ["100/5m"]\n'))
    key, browser = desk.register("carol"), desk.idp.browser(OUTSIDE)
    page = prove_password(browser, browser.visit(SP))
    for _ in range(3):
        page = use(browser, page, key, signature="AAAA")
        assert page.code == "A201"

    page = use(browser, page, key)

    assert (page.name, page.code, page.saml_response) == ("passkey", "A204", None)
    desk.idp.clock.advance(minutes=6)
    assert use(browser, prove_password(browser, browser.visit(SP)), key).saml_response is not None


def test_strangers_without_a_name_are_counted_by_address(make_idp: MakeIdp) -> None:
    desk = Desk(make_idp(plugins_toml='\n[limits.passkey]\nperson = ["100/5m"]\naddress = ["3/5m"]\n'))
    key, browser = desk.register("carol"), desk.idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), "passkey")
    for _ in range(3):
        page = use(browser, page, SoftKey(user_handle=b"nobody"))
        assert page.code == "A205"

    assert use(browser, page, key).code == "A204"


def test_a_locked_persons_passkey_logs_nobody_in(desk: Desk) -> None:
    key, browser = desk.register("locked"), desk.idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), "passkey")

    page = use(browser, page, key)

    assert page.saml_response is None
    assert page.name in {"password", "passkey", "error"}


def test_bound_by_the_password_alone_it_begins_no_login(desk: Desk) -> None:
    key, browser = desk.register("carol", binding=Binding.CAMPUS_REPLACED), desk.idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), "passkey")

    page = use(browser, page, key)

    assert (page.name, page.code) == ("password", "A404")


def test_a_page_that_was_open_too_long_is_shown_anew(desk: Desk) -> None:
    key, browser = desk.register("carol"), desk.idp.browser(OUTSIDE)
    page = prove_password(browser, browser.visit(SP))
    desk.idp.clock.advance(minutes=6)

    page = use(browser, page, key)

    assert (page.name, page.code) == ("passkey", "E103")
    assert use(browser, page, key).saml_response is not None


def test_the_pages_of_many_people_are_not_kept(desk: Desk) -> None:
    """A challenge stands on one page; the page around it is rendered once."""
    desk.register("carol")
    kept = set()
    for _ in range(3):
        browser = desk.idp.browser(OUTSIDE)
        browser.submit(browser.visit(SP), "passkey")
        prove_password(browser, browser.visit(SP))
        kept.add(len(desk.idp.site.kept_pages._kept))

    assert len(kept) == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_says_its_words(desk: Desk, language: str) -> None:
    browser = desk.idp.browser(OUTSIDE, language)
    page = browser.submit(browser.visit(SP), "passkey")

    assert {"ja": "パスキー認証", "en": "Passkey Authentication"}[language] in page.html
    assert "<noscript>" in page.html
    assert page.response.headers["Content-Security-Policy"].count("script-src 'self'") == 1
    assert browser.get("/idp/static/passkey/passkey.js").status == 200
