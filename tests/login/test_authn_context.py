"""What is asserted was performed: every set of factors against every request (security.md A-37, I-08)."""

import pytest

from idp.plugin import Binding
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, PPT, TIME_SYNC, X509, single_factor, two_factors
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp

UNKNOWN = "urn:example:unknown"
STEP_UP = "NoPassive"
NEVER = "NoAuthnContext"
REQUESTS = {
    "nothing": ((), None),
    "ppt": ((PPT,), None),
    "time-sync": ((TIME_SYNC,), "exact"),
    "x509": ((X509,), "exact"),
    "mfa": ((MFA,), None),
    "unknown": ((UNKNOWN,), None),
    "mfa-or-ppt": ((MFA, PPT), None),
    "unknown-or-ppt": ((UNKNOWN, PPT), "exact"),
    "minimum-ppt": ((PPT,), "minimum"),
    "minimum-time-sync": ((TIME_SYNC,), "minimum"),
    "maximum-ppt": ((PPT,), "maximum"),
    "maximum-mfa": ((MFA,), "maximum"),
    "better-ppt": ((PPT,), "better"),
    "better-x509": ((X509,), "better"),
    "better-mfa": ((MFA,), "better"),
    "minimum-unknown": ((UNKNOWN,), "minimum"),
}
PERFORMED = {
    "password": {
        "nothing": PPT,
        "ppt": PPT,
        "time-sync": STEP_UP,
        "x509": STEP_UP,
        "mfa": STEP_UP,
        "unknown": NEVER,
        "mfa-or-ppt": PPT,
        "unknown-or-ppt": PPT,
        "minimum-ppt": PPT,
        "minimum-time-sync": STEP_UP,
        "maximum-ppt": PPT,
        "maximum-mfa": PPT,
        "better-ppt": STEP_UP,
        "better-x509": STEP_UP,
        "better-mfa": NEVER,
        "minimum-unknown": NEVER,
    },
    "password-and-app": {
        "nothing": TIME_SYNC,
        "ppt": PPT,
        "time-sync": TIME_SYNC,
        "x509": STEP_UP,
        "mfa": MFA,
        "unknown": NEVER,
        "mfa-or-ppt": MFA,
        "unknown-or-ppt": PPT,
        "minimum-ppt": PPT,
        "minimum-time-sync": TIME_SYNC,
        "maximum-ppt": PPT,
        "maximum-mfa": MFA,
        "better-ppt": TIME_SYNC,
        "better-x509": MFA,
        "better-mfa": NEVER,
        "minimum-unknown": NEVER,
    },
    "password-and-replaced-app": {
        "nothing": TIME_SYNC,
        "ppt": PPT,
        "time-sync": TIME_SYNC,
        "x509": STEP_UP,
        "mfa": STEP_UP,
        "unknown": NEVER,
        "mfa-or-ppt": PPT,
        "unknown-or-ppt": PPT,
        "minimum-ppt": PPT,
        "minimum-time-sync": TIME_SYNC,
        "maximum-ppt": PPT,
        "maximum-mfa": TIME_SYNC,
        "better-ppt": TIME_SYNC,
        "better-x509": STEP_UP,
        "better-mfa": NEVER,
        "minimum-unknown": NEVER,
    },
}


def _perform(idp: Idp, browser: Browser, performed: str) -> None:
    if performed == "password":
        single_factor(browser)
        return
    if performed == "password-and-replaced-app":
        idp.enrol("alice", binding=Binding.CAMPUS_REPLACED)
    browser.judged(two_factors(idp, browser), SP)


@pytest.mark.parametrize("performed", [pytest.param(name, id=f"I-08-{name}") for name in PERFORMED])
def test_what_is_asserted_was_performed(idp: Idp, performed: str) -> None:
    """A passive request cannot be stepped up, so that its answer shows what the proofs alone are worth."""
    browser = idp.browser()
    _perform(idp, browser, performed)

    answers = {}
    for name, (class_refs, comparison) in REQUESTS.items():
        page = browser.visit(OTHER_SP, authn_context_class_refs=class_refs, comparison=comparison, is_passive=True)
        judged = browser.judged(page, OTHER_SP)
        answers[name] = judged.authn_context if judged.assertion else judged.sub_status

    assert answers == PERFORMED[performed]


@pytest.mark.parametrize(
    ("class_refs", "comparison", "expected"),
    [
        pytest.param((MFA,), "exact", MFA, id="A-37-exact"),
        pytest.param((TIME_SYNC,), "minimum", TIME_SYNC, id="A-37-minimum"),
        pytest.param((PPT,), "maximum", PPT, id="A-37-maximum"),
        pytest.param((PPT,), "better", TIME_SYNC, id="A-37-better"),
    ],
)
def test_each_comparison_leads_a_person_to_what_meets_it(
    idp: Idp, class_refs: tuple[str, ...], comparison: str, expected: str
) -> None:
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP, authn_context_class_refs=class_refs, comparison=comparison)

    answer = browser.log_in(page, "alice", PASSWORD, code=idp.code())

    assert browser.judged(answer, SP).authn_context == expected


def test_a37_an_unknown_class_is_answered_before_anybody_is_asked(idp: Idp) -> None:
    browser = idp.browser()

    judged = browser.judged(browser.visit(SP, authn_context_class_refs=(UNKNOWN,)), SP)

    assert (judged.status, judged.sub_status, judged.assertion) == ("Responder", "NoAuthnContext", None)


def test_a37_a_class_of_one_factor_does_not_take_the_second_away(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    page = browser.visit(SP, authn_context_class_refs=(PPT,))

    page = browser.submit(page, j_username="alice", j_password=PASSWORD)
    assert page.name == "certificate"
    answer = browser.submit(browser.submit(page, "totp"), tokencode=idp.code())

    assert browser.judged(answer, SP).authn_context == PPT


def test_i08_an_app_replaced_by_password_alone_never_reaches_mfa(idp: Idp) -> None:
    idp.enrol("alice", binding=Binding.CAMPUS_REPLACED)
    browser = idp.browser()

    page = browser.log_in(browser.visit(SP, authn_context_class_refs=(MFA,)), "alice", PASSWORD, code=idp.code())

    assert page.saml_response is None
    assert "_eventId_return" in page.buttons
    judged = browser.judged(browser.submit(page, "return"), SP)
    assert (judged.status, judged.sub_status, judged.assertion) == ("Responder", "AuthnFailed", None)
