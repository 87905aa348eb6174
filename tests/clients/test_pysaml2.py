"""pysaml2 as a service provider, with the xmlsec1 command: signed requests, signed and encrypted answers."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.response import AuthnResponse, StatusNoPassive, UnsolicitedResponse
from saml2.saml import Assertion, AuthnContextClassRef
from saml2.samlp import RequestedAuthnContext
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256

from tests.clients.browser import Browser, hidden_fields, is_encrypted
from tests.clients.site import MFA, PPT, Site, attributes_of
from tests.parts.driver import Reply
from tests.parts.service_provider import TestSP
from tests.parts.site import ENTITY_ID

pytestmark = pytest.mark.slow

SP = TestSP("pysaml2")
SLO = "https://pysaml2.example.org/slo"
FIELDS = ("SAMLRequest", "RelayState")


@dataclass
class Client:
    """The service provider."""

    saml: Saml2Client
    site: Site

    def begin(self, browser: Browser, binding: str = BINDING_HTTP_REDIRECT, **wishes: object) -> tuple[str, Reply]:
        """Send a browser off with a signed request; gives the request's ID and our first page."""
        request_id, _, sent = self.saml.prepare_for_negotiated_authenticate(
            entityid=ENTITY_ID, relay_state="where I was", binding=binding, sign=True, **wishes
        )
        if sent["method"] == "GET":
            return request_id, browser.get(dict(sent["headers"])["Location"])
        fields = hidden_fields(sent["data"])
        return request_id, browser.post(sent["url"], {name: fields[name] for name in FIELDS})

    def read(self, request_id: str, page: Reply) -> AuthnResponse:
        """Have pysaml2 verify and decrypt the answer that a page holds."""
        assert (page.action, page.hidden["RelayState"]) == (SP.acs, "where I was")
        given = page.hidden["SAMLResponse"]
        answer = self.saml.parse_authn_request_response(given, BINDING_HTTP_POST, {request_id: "/"})
        assert isinstance(answer, AuthnResponse)
        return answer


@pytest.fixture(scope="module")
def client(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = tmp_path_factory.mktemp("pysaml2")
    config = SPConfig().load(_configuration(folder, site.metadata()))
    site.drop(SP, entity_descriptor(config).to_string())
    return Client(Saml2Client(config), site)


def _configuration(folder: Path, idp_metadata: bytes) -> dict[str, object]:
    (folder / "idp.xml").write_bytes(idp_metadata)
    (folder / "sp.key").write_bytes(SP.key_pem)
    (folder / "sp.crt").write_bytes(SP.certificate_pem)
    pair = {"key_file": str(folder / "sp.key"), "cert_file": str(folder / "sp.crt")}
    return {
        "entityid": SP.entity_id,
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "metadata": {"local": [str(folder / "idp.xml")]},
        **pair,
        "encryption_keypairs": [pair],
        "service": {
            "sp": {
                "endpoints": {
                    "assertion_consumer_service": [(SP.acs, BINDING_HTTP_POST)],
                    "single_logout_service": [(SLO, BINDING_HTTP_POST)],
                },
                "logout_requests_signed": True,
                "authn_requests_signed": True,
                "want_assertions_signed": True,
                "want_response_signed": True,
                "allow_unsolicited": False,
                # Without these two pysaml2 signs by SHA-1, which nobody takes any more.
                "signing_algorithm": SIG_RSA_SHA256,
                "digest_algorithm": DIGEST_SHA256,
            }
        },
    }


@pytest.mark.parametrize("binding", [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST], ids=["redirect", "post"])
def test_a_password_on_campus_is_enough_and_every_attribute_arrives(client: Client, binding: str) -> None:
    account, browser = client.site.account(), client.site.browser()

    request_id, page = client.begin(browser, binding)
    answer = client.read(request_id, browser.log_in(page, account))

    assert seen_by(answer) == attributes_of(account)
    assert class_of(answer) == PPT
    assert browser.pages == ["password"]
    assert is_encrypted(browser.answers[-1])
    assert assertion_of(answer).signature is not None


def test_two_factors_are_proved_when_pysaml2_asks_for_them(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()
    wish = RequestedAuthnContext(authn_context_class_ref=[AuthnContextClassRef(text=MFA)], comparison="exact")

    request_id, page = client.begin(browser, requested_authn_context=wish)
    answer = client.read(request_id, browser.log_in(page, account))

    assert class_of(answer) == MFA
    assert seen_by(answer) == attributes_of(account)
    assert browser.pages == ["password", "certificate", "totp"]


def test_a_login_that_may_show_no_page_comes_back_as_the_error_it_is(client: Client) -> None:
    request_id, page = client.begin(client.site.browser(), is_passive="true")

    with pytest.raises(StatusNoPassive):
        client.read(request_id, page)


def test_a_request_signed_by_sha_1_ends_on_a_page_of_ours(client: Client) -> None:
    browser = client.site.browser()

    _, page = client.begin(browser, sigalg=SIG_RSA_SHA1)

    assert (page.status, page.page, page.saml_response) == (400, "error", None)


def test_an_answer_to_a_request_that_was_not_made_here_is_refused_by_pysaml2(client: Client) -> None:
    browser = client.site.browser()
    _, page = client.begin(browser)
    answered = browser.log_in(page, client.site.account())

    with pytest.raises(UnsolicitedResponse):
        client.read("_another", answered)


@pytest.mark.parametrize("binding", [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST], ids=["redirect", "post"])
def test_a_logout_that_pysaml2_asks_for_is_answered_as_it_likes(client: Client, binding: str) -> None:
    browser = client.site.browser()
    request_id, page = client.begin(browser)
    answer = client.read(request_id, browser.log_in(page, client.site.account()))

    asked = client.saml.do_logout(
        answer.name_id, [ENTITY_ID], "", None, sign=True, sign_alg=SIG_RSA_SHA256, expected_binding=binding
    )
    [(_, sent)] = asked.values()
    page = browser.get(dict(sent["headers"])["Location"]) if sent["method"] == "GET" else _post(browser, sent)

    assert page.action == SLO, page.body
    answered = client.saml.parse_logout_request_response(page.hidden["SAMLResponse"], BINDING_HTTP_POST)
    assert answered.status_ok()
    assert client.begin(browser)[1].page == "password"


def _post(browser: Browser, sent: dict[str, str]) -> Reply:
    fields = hidden_fields(sent["data"])
    return browser.post(sent["url"], {name: fields[name] for name in FIELDS if name in fields})


def seen_by(answer: AuthnResponse) -> dict[str, list[str]]:
    """Give what the service provider knows of the person."""
    return {name: sorted(values) for name, values in (answer.ava or {}).items()}


def assertion_of(answer: AuthnResponse) -> Assertion:
    """Give the assertion as pysaml2 holds it once decrypted and verified."""
    assert isinstance(answer.assertion, Assertion)
    return answer.assertion


def class_of(answer: AuthnResponse) -> str:
    """Give the AuthnContext class that the assertion states."""
    return str(assertion_of(answer).authn_statement[0].authn_context.authn_context_class_ref.text)
