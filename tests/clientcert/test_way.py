"""The way to the certificate address and back: one-use, one browser, one step, and our own page whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clientcert.conftest import at_certificate
from tests.login.conftest import SP
from tests.login.steps import MFA, TIME_SYNC, X509, cookie
from tests.parts.client_certificates import ClientCA
from tests.parts.site import BASE_URL, CERTIFICATE_URL, OUTSIDE, Browser, Idp, Page, query_of

RETURN = f"{BASE_URL}/idp/certificate/return"


def press(browser: Browser, page: Page) -> str:
    """Press the button; gives the address that the browser is led to."""
    answer = browser.post(page.action, {**page.hidden, "_eventId_certificate": ""}, follow=False)
    assert answer.status == 303
    return str(answer.response.headers["Location"])


def show(browser: Browser, url: str, certificate: bytes | None) -> str:
    """Show a certificate at the address; gives where the browser is led from there."""
    browser.certificate = certificate
    answer = browser.get(url, follow=False)
    assert answer.status == 303
    return str(answer.response.headers["Location"])


def test_seed_14_password_and_certificate_prove_two_factors(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.certificate = ca.issue().der

    judged = browser.judged(browser.submit(page, "certificate"), SP)

    assert (judged.status, judged.authn_context) == ("Success", X509)
    assert judged.friendly["uid"] == ("alice",)


@pytest.mark.parametrize("wanted", [X509, MFA])
def test_a_service_that_wants_the_class_gets_it(idp: Idp, ca: ClientCA, wanted: str) -> None:
    browser, page = at_certificate(idp, authn_context_class_refs=(wanted,))
    browser.certificate = ca.issue().der

    assert browser.judged(browser.submit(page, "certificate"), SP).authn_context == wanted


def test_the_button_leads_by_303_to_the_certificate_address_with_a_ticket(idp: Idp) -> None:
    browser, page = at_certificate(idp)

    url = press(browser, page)

    assert url.startswith(f"{CERTIFICATE_URL}/idp/certificate?")
    assert set(query_of(url)) == {"execution", "ticket"}
    assert len(query_of(url)["ticket"]) == 43


def test_s10_the_pages_form_may_lead_to_the_certificate_address_and_back(idp: Idp) -> None:
    _, page = at_certificate(idp)

    assert f"form-action 'self' {CERTIFICATE_URL}" in page.response.headers["Content-Security-Policy"].split("; ")


def test_no_cookie_is_needed_or_set_at_the_certificate_address(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    url = press(browser, page)
    bare = idp.browser(OUTSIDE)
    bare.certificate = ca.issue().der

    answer = bare.get(url, follow=False)

    assert answer.status == 303
    assert "Set-Cookie" not in answer.response.headers
    assert browser.get(answer.response.headers["Location"]).saml_response is not None


def test_a_ticket_opened_in_a_second_browser_advances_neither(idp: Idp, ca: ClientCA) -> None:
    first, page = at_certificate(idp)
    second, second_page = at_certificate(idp)
    url = press(first, page)
    second.certificate = ca.issue().der

    at_second = second.get(url)

    assert (at_second.status, at_second.name, at_second.code) == (403, "error", "S102")
    assert first.get(page.action).name == "certificate"
    assert second.get(second_page.action).name == "certificate"
    assert "alice" not in first.get("/idp/profile/Logout").html
    assert show(first, url, ca.issue().der).startswith(f"{RETURN}?execution=")
    assert first.get(show(first, url, ca.issue().der)).code == "A310"


def test_a_receipt_is_good_in_the_browser_of_the_conversation_alone(idp: Idp, ca: ClientCA) -> None:
    first, page = at_certificate(idp)
    receipt = show(first, press(first, page), ca.issue().der)
    stranger = idp.browser(OUTSIDE)

    assert stranger.get(receipt).code == "S102"
    assert first.get(receipt).saml_response is not None


def test_a_receipt_of_one_conversation_is_no_good_in_another_of_the_same_browser(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    other = browser.submit(browser.visit(SP), j_username="alice", j_password="alice's Password 1")
    receipt = query_of(show(browser, press(browser, page), ca.issue().der))["receipt"]
    handle = query_of(other.action)["execution"]

    answer = browser.get(f"{RETURN}?execution={handle}&receipt={receipt}")

    assert (answer.name, answer.code, answer.saml_response) == ("certificate", "A310", None)


def test_a_receipt_is_good_at_its_step_alone(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    receipt = show(browser, press(browser, page), ca.issue().der)
    browser.submit(page, "totp")

    answer = browser.get(receipt)

    assert (answer.name, answer.saml_response) == ("totp", None)


def test_a_receipt_is_used_once(idp: Idp, ca: ClientCA, foreign: ClientCA) -> None:
    browser, page = at_certificate(idp)
    receipt = show(browser, press(browser, page), foreign.issue().der)

    assert [browser.get(receipt).code for _ in range(2)] == ["A303", "A310"]


def test_a_ticket_is_used_once_however_many_open_it_at_once(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    url = press(browser, page)

    def open_it(_: int) -> str:
        return show(idp.browser(OUTSIDE), url, ca.issue().der)

    with ThreadPoolExecutor(8) as pool:
        locations = list(pool.map(open_it, range(24)))

    assert sum("receipt=" in each for each in locations) == 1


@pytest.mark.parametrize(("seconds", "is_good"), [(59, True), (60, False)])
@pytest.mark.parametrize("what", ["ticket", "receipt"])
def test_ticket_and_receipt_live_for_a_minute(
    idp: Idp, ca: ClientCA, what: str, seconds: int, *, is_good: bool
) -> None:
    browser, page = at_certificate(idp)
    url = press(browser, page)
    if what == "ticket":
        idp.clock.advance(seconds=seconds)
    back = show(browser, url, ca.issue().der)
    if what == "receipt":
        idp.clock.advance(seconds=seconds)

    answer = browser.get(back)

    assert (answer.saml_response is not None) is is_good
    assert answer.code == (None if is_good else "A310")


def test_who_comes_back_too_late_can_press_again(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    idp.clock.advance(seconds=1)
    url = press(browser, page)
    idp.clock.advance(seconds=120)
    late = browser.get(show(browser, url, ca.issue().der))
    assert {"_eventId_certificate", "_eventId_totp"} <= set(late.buttons)

    browser.certificate = ca.issue().der
    assert browser.submit(late, "certificate").saml_response is not None


@pytest.mark.parametrize(
    "query", ["", "?ticket=x", "?execution=..&ticket=x", "?execution=https://evil.example", "?execution=" + "g" * 64]
)
def test_without_a_way_back_the_certificate_address_shows_a_page_of_ours(idp: Idp, query: str) -> None:
    page = idp.browser(OUTSIDE).get(f"{CERTIFICATE_URL}/idp/certificate{query}")

    assert (page.status, page.name, page.code) == (404, "error", "S201")


def test_a_made_up_ticket_leads_back_to_our_own_address_alone(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    handle = query_of(page.action)["execution"]

    back = show(browser, f"{CERTIFICATE_URL}/idp/certificate?execution={handle}&ticket=made-up", ca.issue().der)

    assert back == f"{RETURN}?execution={handle}"
    assert browser.get(back).code == "A310"


@pytest.mark.parametrize("path", ["/idp/profile/SAML2/Redirect/SSO", "/idp/profile/Logout", "/idp/certificate/return"])
def test_nothing_else_is_served_at_the_certificate_address(idp: Idp, path: str) -> None:
    assert idp.browser(OUTSIDE).get(f"{CERTIFICATE_URL}{path}").status == 404


def test_no_certificate_is_taken_at_the_main_address(idp: Idp) -> None:
    browser, page = at_certificate(idp)
    parts = urlsplit(press(browser, page))

    assert browser.get(f"{parts.path}?{parts.query}").status == 404


@pytest.mark.parametrize("language", ["ja", "en"])
def test_r16_who_shows_none_or_cancels_is_back_on_the_page_with_the_app_button(idp: Idp, language: str) -> None:
    browser, page = at_certificate(idp)
    browser.language = language

    answer = browser.submit(page, "certificate")

    assert (answer.status, answer.name, answer.code) == (200, "certificate", "A301")
    assert {"_eventId_certificate", "_eventId_totp"} <= set(answer.buttons)
    app = browser.submit(answer, "totp")
    assert browser.submit(app, tokencode=idp.code()).saml_response is not None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"_eventId_certificate": ""}, id="R-05-button"),
        pytest.param({"_eventId_proceed": ""}, id="R-05-enter"),
        pytest.param({"certificate": "SUCCESS", "_eventId_certificate": ""}, id="R-05-field"),
        pytest.param({"receipt": "x", "_eventId_proceed": ""}, id="R-05-receipt-field"),
    ],
)
def test_a_button_without_evidence_advances_nobody(idp: Idp, fields: dict[str, str]) -> None:
    browser, page = at_certificate(idp)

    browser.post(page.action, {**page.hidden, **fields}, follow=False)

    assert browser.get(page.action).name == "certificate"
    assert browser.get(f"{RETURN}?execution={query_of(page.action)['execution']}&receipt=").saml_response is None


def test_r15_what_counts_is_the_certificate_of_the_request_that_took_the_ticket(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    back = show(browser, press(browser, page), ca.issue("bob").der)
    browser.certificate = ca.issue("alice").der

    assert browser.get(back).code == "A309"


def test_another_persons_certificate_is_refused_and_told_to_the_audit_log(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.certificate = ca.issue("bob").der

    answer = browser.submit(page, "certificate")

    assert (answer.name, answer.code, answer.saml_response) == ("certificate", "A309", None)
    assert "A309" in (idp.conf / "log" / "audit.json").read_text()


def test_f16_without_a_list_of_today_the_certificate_is_refused_and_the_app_serves(
    idp: Idp, ca: ClientCA, tmp_path: Path
) -> None:
    (tmp_path / "ca.crl").unlink()
    browser, page = at_certificate(idp)
    browser.certificate = ca.issue().der

    answer = browser.submit(page, "certificate")

    assert (answer.name, answer.code, answer.saml_response) == ("certificate", "A306", None)
    app = browser.submit(answer, "totp")
    assert browser.judged(browser.submit(app, tokencode=idp.code()), SP).authn_context == TIME_SYNC


def test_a_session_with_a_certificate_serves_the_next_service(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.certificate = ca.issue().der
    browser.submit(page, "certificate")

    assert cookie(browser, "__Host-warifu_session")
    assert browser.judged(browser.visit(SP), SP).authn_context == X509


def test_tickets_and_receipts_stand_in_the_store_as_hashes(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    url = press(browser, page)
    receipt = show(browser, press(browser, page), ca.issue().der)

    stored = b"".join(file.read_bytes() for file in (idp.conf / "state").glob("store.sqlite*"))

    assert query_of(url)["ticket"].encode() not in stored
    assert query_of(receipt)["receipt"].encode() not in stored


def test_a_chain_of_any_size_does_not_reach_the_store(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.certificate, browser.chain = ca.issue().der, (b"\x30" * 20_000,) * 9

    assert browser.submit(page, "certificate").code == "A301"


def test_a_certificate_leads_to_the_persons_own_account_too(idp: Idp, ca: ClientCA, foreign: ClientCA) -> None:
    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.get("/idp/account/"), j_username="alice", j_password="alice's Password 1")
    assert page.name == "certificate"
    browser.certificate = foreign.issue().der
    refused = browser.submit(page, "certificate")
    assert (refused.name, refused.code) == ("certificate", "A303")

    browser.certificate = ca.issue().der
    assert browser.submit(refused, "certificate").name == "account"
