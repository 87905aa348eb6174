"""The seed page's sequence, from an AuthnRequest to an assertion (seed-13 to seed-16)."""

from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import CAMPUS, OUTSIDE, Idp

PASSWORD = "alice's Password 1"
MFA = "https://refeds.org/profile/mfa"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


def test_seed_13_seed_14_seed_15_seed_16_password_certificate_page_app_and_the_assertion(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)

    password = browser.visit(SP)
    assert (password.name, "Library" in password.html) == ("password", True)
    certificate = browser.submit(password, j_username="alice", j_password=PASSWORD)
    assert (certificate.name, "Login using One Time Password App" in certificate.html) == ("certificate", True)
    totp = browser.submit(certificate, "totp")
    assert totp.name == "totp"
    answer = browser.submit(totp, tokencode=idp.code())

    judged = browser.judged(answer, SP)
    assert judged.status == "Success"
    assert judged.authn_context == TIME_SYNC
    assert judged.friendly["uid"] == ("alice",)
    assert judged.friendly["eduPersonPrincipalName"] == ("alice@example.ac.jp",)
    assert answer.hidden["RelayState"] == "state"


def test_a_second_service_provider_needs_no_new_login_and_a_step_up_asks_only_for_what_is_missing(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    first = browser.log_in(browser.visit(SP), "alice", PASSWORD)
    assert browser.judged(first, SP).authn_context == PPT

    second = browser.visit(OTHER_SP)
    assert browser.judged(second, OTHER_SP).authn_context == PPT

    step_up = browser.visit(OTHER_SP, authn_context_class_refs=(MFA,))
    assert step_up.name == "certificate"
    answer = browser.submit(browser.submit(step_up, "totp"), tokencode=idp.code())
    assert browser.judged(answer, OTHER_SP).authn_context == MFA
