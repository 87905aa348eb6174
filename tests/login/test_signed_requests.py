"""A signature is verified where it is there and demanded where it is due (security.md A-20 to A-22)."""

import base64

import pytest

from tests.login.conftest import OTHER_SP
from tests.login.steps import POST_SSO, REDIRECT_SSO
from tests.parts.authn_requests import authn_request, post_body, redirect_query, sign_enveloped
from tests.parts.service_provider import TestSP, certificate_for, key_descriptor, rsa_key
from tests.parts.site import BASE_URL, Idp, Page

SIGNING = TestSP("signing")
SECOND = rsa_key("signing-second")
REMOVED = rsa_key("signing-removed")


def _send(idp: Idp, binding: str, *, key: object = None, tamper: bool = False) -> Page:
    path = REDIRECT_SSO if binding == "redirect" else POST_SSO
    xml = authn_request(SIGNING, issue_instant=idp.clock(), destination=f"{BASE_URL}{path}")
    browser = idp.browser()
    if binding == "redirect":
        query = redirect_query(xml, relay_state="r", sign_with=key)
        return browser.get(f"{path}?{query.replace('RelayState=r', 'RelayState=s') if tamper else query}")
    signed = sign_enveloped(xml, key) if key else xml
    return browser.post(path, post_body(signed.replace(b"_", b"_0", 1) if tamper else signed))


@pytest.fixture
def signing(idp: Idp) -> Idp:
    keys = [key_descriptor(SIGNING.certificate), key_descriptor(certificate_for(SECOND, "second"), "signing")]
    idp.register(SIGNING, authn_requests_signed=True, keys=keys)
    return idp


both = pytest.mark.parametrize("binding", ["redirect", "post"])


@both
@pytest.mark.parametrize(
    "key", [pytest.param(SIGNING.key, id="A-22-first-key"), pytest.param(SECOND, id="A-22-second")]
)
def test_each_key_of_the_metadata_signs(signing: Idp, key: object, binding: str) -> None:
    assert _send(signing, binding, key=key).name == "password"


@both
def test_a20_a_signature_that_is_due_and_missing_is_refused(signing: Idp, binding: str) -> None:
    page = _send(signing, binding)

    assert (page.status, page.code) == (400, "P107")


@both
@pytest.mark.parametrize("is_due", [pytest.param(True, id="A-21-due"), pytest.param(False, id="A-21-not-due")])
def test_a_bad_signature_is_refused_whether_it_is_due_or_not(idp: Idp, binding: str, is_due: bool) -> None:
    idp.register(SIGNING, authn_requests_signed=is_due)

    page = _send(idp, binding, key=SIGNING.key, tamper=True)

    assert (page.status, page.code) == (400, "P108")


def test_a21_garbage_beside_a_redirect_request_is_refused(idp: Idp) -> None:
    idp.register(SIGNING)
    query = redirect_query(authn_request(SIGNING, issue_instant=idp.clock()), sign_with=SIGNING.key)
    garbage = base64.b64encode(b"garbage" * 36).decode().replace("=", "%3D")

    page = idp.browser().get(f"{REDIRECT_SSO}?{query.split('&Signature=')[0]}&Signature={garbage}")

    assert (page.status, page.code) == (400, "P108")


@both
@pytest.mark.parametrize(
    "key", [pytest.param(OTHER_SP.key, id="A-22-another-sps-key"), pytest.param(REMOVED, id="A-22-removed-key")]
)
def test_a_key_that_is_not_in_the_metadata_is_refused(signing: Idp, key: object, binding: str) -> None:
    page = _send(signing, binding, key=key)

    assert (page.status, page.code) == (400, "P108")
