"""The Shibboleth service provider: signed requests, encrypted answers, scopes, step-up, error pages."""

import html
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from lxml import etree

from tests.clients.browser import Browser, is_encrypted
from tests.clients.shibboleth_sp import ShibbolethSP, Shown, running_shibboleth_sp, shown_on
from tests.clients.site import LOGOUT_URL, MFA, PPT, Site, attributes_of
from tests.parts.driver import OUTSIDE, Account
from tests.parts.judge import NS
from tests.parts.service_provider import TestSP
from tests.parts.site import ENTITY_ID

pytestmark = pytest.mark.slow

SP = TestSP("shibboleth")
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


@dataclass
class Client:
    """The service provider and the site it trusts."""

    sp: ShibbolethSP
    site: Site

    def open(self, browser: Browser, account: Account, location: str = "page") -> Shown:
        """Open a protected page and log in as far as that is asked; gives what the page shows."""
        page = browser.deliver(browser.log_in(browser.get(self.sp.url(location)), account))
        assert (page.status, browser.url) == (200, self.sp.url(location)), self.sp.logs()
        return shown_on(page.body)

    def forget(self, browser: Browser) -> None:
        """End the session with the service provider alone."""
        browser.cookies.pop(f"localhost:{self.sp.port}")


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    with running_shibboleth_sp(SP, site.metadata()) as sp:
        site.drop(SP, sp.metadata())
        yield Client(sp, site)


def test_a_password_on_campus_is_enough_and_every_attribute_arrives(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()

    shown = client.open(browser, account)

    assert shown.attributes == attributes_of(account), "the Scope filter has let the scoped ones pass"
    assert shown.authn_context == PPT
    assert browser.pages == ["password"]
    assert f"Login|{account.username}@example.ac.jp|{shown.session_id}|{ENTITY_ID}|" in client.sp.transactions()


def test_the_request_is_signed_and_the_answer_signed_and_encrypted(client: Client) -> None:
    browser = client.site.browser()

    client.open(browser, client.site.account())

    assert b'AuthnRequestsSigned="1" WantAssertionsSigned="1"' in client.sp.metadata()
    assert "&Signature=" in next(url for url in browser.visited if "SAMLRequest=" in url)
    answer = etree.fromstring(browser.answers[-1])
    assert is_encrypted(browser.answers[-1])
    assert answer.find("ds:Signature", NS) is not None
    assertion = etree.fromstring(client.sp.decrypted()[-1])
    assert assertion.find("ds:Signature", NS) is not None


def test_two_factors_are_proved_where_the_page_asks_for_them(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()
    assert client.open(browser, account).authn_context == PPT
    client.forget(browser)

    shown = client.open(browser, account, "mfa")

    assert (shown.authn_context, shown.attributes) == (MFA, attributes_of(account))
    assert browser.pages == ["password", "certificate", "totp"]


def test_two_factors_are_proved_off_campus_without_being_asked_for(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser(OUTSIDE)

    shown = client.open(browser, account)

    assert (shown.authn_context, shown.attributes) == (TIME_SYNC, attributes_of(account))
    assert browser.pages == ["password", "certificate", "totp"]


def test_a_live_session_is_used_until_the_page_wants_the_person_again(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()
    first = client.open(browser, account)

    client.forget(browser)
    second = client.open(browser, account)
    assert (second.authn_instant, browser.pages) == (first.authn_instant, ["password"])

    client.forget(browser)
    third = client.open(browser, account, "again")
    assert third.authn_instant > first.authn_instant
    assert browser.pages == ["password", "password"]


def test_a_login_that_may_show_no_page_comes_back_as_the_error_it_is(client: Client) -> None:
    browser = client.site.browser()

    error = browser.deliver(browser.get(client.sp.url("passive")))

    assert b'id="session-error"' in error.body
    said = html.unescape(error.body.decode())
    assert "status:Responder" in said
    assert "status:NoPassive" in said


def test_an_answer_that_is_given_twice_is_refused_by_the_service_provider(client: Client) -> None:
    browser = client.site.browser()
    answered = browser.log_in(browser.get(client.sp.url("page")), client.site.account())
    browser.deliver(answered)
    client.forget(browser)

    error = browser.deliver(answered)

    assert b'id="session-error"' in error.body


def test_a_logout_at_the_service_provider_ends_the_login_here(client: Client) -> None:
    """It signs by Redirect and asks for no answer (aslo:Asynchronous), as it does unless told otherwise."""
    browser = client.site.browser()
    client.open(browser, client.site.account())

    page = browser.get(f"http://localhost:{client.sp.port}/Shibboleth.sso/Logout")

    assert (page.status, page.page) == (200, "logout"), client.sp.logs()
    assert "&Signature=" in next(url for url in browser.visited if "/SLO?SAMLRequest=" in url)
    assert browser.get(client.sp.url("page")).page == "password"


def test_a_logout_here_ends_the_session_at_the_service_provider(client: Client) -> None:
    browser = client.site.browser()
    client.open(browser, client.site.account())

    asked = browser.submit(browser.get(LOGOUT_URL))
    assert b'data-outcome="waiting"' in asked.body
    told = browser.submit(asked)

    assert b'data-outcome="ended"' in told.body, client.sp.logs()
    assert browser.get(client.sp.url("page")).page == "password"
