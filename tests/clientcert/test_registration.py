"""A certificate is the second factor with which an app is replaced, by the same way as for a login."""

import re
from base64 import b32decode

import pytest

from idp.core.secret import Secret
from tests.clientcert.conftest import PASSWORDS
from tests.parts.client_certificates import ClientCA
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page

REGISTER = "/idp/account/register"


def at_certificate(idp: Idp) -> tuple[Browser, Page]:
    """Give a browser on campus and its page that asks for the certificate."""
    browser = idp.browser(CAMPUS)
    page = browser.submit(browser.get(REGISTER), j_username="alice", j_password=PASSWORDS["alice"])
    assert (page.name, page.status) == ("certificate", 200)
    return browser, page


def test_t36_with_a_certificate_an_app_is_replaced_and_counts(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.certificate = ca.issue().der

    page = browser.submit(page, "certificate")

    assert page.name == "register"
    key = re.search(r'data-key="([A-Z2-7]{32})"', page.html)
    assert key
    done = browser.submit(page, "register", tokencode=idp.code(seed=Secret(b32decode(key[1]))))
    assert done.name == "account"
    assert 'data-binding="factor"' in done.html


@pytest.mark.parametrize("kind", ["foreign", "none"])
def test_t36_with_a_certificate_that_is_no_good_it_is_not(idp: Idp, foreign: ClientCA, kind: str) -> None:
    browser, page = at_certificate(idp)
    browser.certificate = foreign.issue().der if kind == "foreign" else None

    page = browser.submit(page, "certificate")

    assert page.name == "certificate"
    assert page.code in {"A301", "A303"}
    assert browser.submit(page, "totp").name == "totp"


def test_a_certificate_shown_outside_opens_no_registration(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    browser.address, browser.certificate = OUTSIDE, ca.issue().der

    page = browser.submit(page, "certificate")

    assert (page.status, page.code) == (403, "E201")


def test_a_receipt_of_a_registration_is_no_good_in_another_browser(idp: Idp, ca: ClientCA) -> None:
    browser, page = at_certificate(idp)
    answer = browser.post(page.action, {**page.hidden, "_eventId_certificate": ""}, follow=False)
    browser.certificate = ca.issue().der
    receipt = browser.get(answer.response.headers["Location"], follow=False).response.headers["Location"]

    assert idp.browser(CAMPUS).get(receipt).code == "S102"
    assert browser.get(receipt).name == "register"
    assert browser.get(receipt).name == "register"
