"""python3-saml as a service provider that wants everything signed, and the assertion encrypted."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from onelogin.saml2 import auth as onelogin_auth
from onelogin.saml2 import idp_metadata_parser as onelogin_metadata

from tests.clients.browser import Browser, is_encrypted
from tests.clients.site import MFA, PPT, Site, attributes_of
from tests.parts.driver import Reply
from tests.parts.service_provider import TestSP
from tests.parts.site import ENTITY_ID

pytestmark = pytest.mark.slow

# The library has no types.
make_auth: Any = onelogin_auth.OneLogin_Saml2_Auth
metadata_parser: Any = onelogin_metadata.OneLogin_Saml2_IdPMetadataParser

SP = TestSP("python3-saml")
SECURITY = {
    "authnRequestsSigned": True,
    "wantMessagesSigned": True,
    "wantAssertionsSigned": True,
    "wantAssertionsEncrypted": True,
    "wantNameId": True,
    "rejectDeprecatedAlgorithm": True,
    "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
    "requestedAuthnContext": False,
}


@dataclass
class Client:
    """The service provider, set up from our published metadata."""

    site: Site
    identity_provider: dict[str, Any]
    signed: ClassVar[tuple[str, ...]] = ("SAMLRequest", "SigAlg", "Signature")

    def auth(self, fields: Mapping[str, str], security: Mapping[str, object] = MappingProxyType({})) -> Any:
        """Give its object for one request of a browser to it."""
        place = urlsplit(SP.acs)
        request = {"https": "on", "http_host": place.netloc, "script_name": place.path, "get_data": {}}
        settings = {
            "strict": True,
            "sp": {
                "entityId": SP.entity_id,
                "assertionConsumerService": {"url": SP.acs},
                "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
                "x509cert": SP.certificate_pem.decode(),
                "privateKey": SP.key_pem.decode(),
            },
            "idp": self.identity_provider,
            "security": {**SECURITY, **security},
        }
        return make_auth({**request, "post_data": fields}, settings)

    def begin(self, browser: Browser, *, passive: bool = False, **security: object) -> tuple[str, Reply]:
        """Send a browser off with a signed request; gives the request's ID and our first page."""
        auth = self.auth({}, security)
        url = auth.login(return_to="https://python3-saml.example.org/page", is_passive=passive)
        assert all(f"{name}=" in url for name in self.signed)
        return auth.get_last_request_id(), browser.get(url)

    def read(self, request_id: str, page: Reply) -> Any:
        """Have the library judge the answer that a page holds."""
        auth = self.auth(page.hidden)
        auth.process_response(request_id=request_id)
        return auth


@pytest.fixture(scope="module")
def client(site: Site) -> Client:
    parsed = metadata_parser.parse(site.metadata(), entity_id=ENTITY_ID)
    client = Client(site, parsed["idp"])
    site.drop(SP, client.auth({}).get_settings().get_sp_metadata())
    return client


def test_a_password_on_campus_is_enough_and_every_attribute_arrives(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()

    request_id, page = client.begin(browser)
    auth = client.read(request_id, browser.log_in(page, account))

    assert (auth.get_errors(), auth.get_last_error_reason()) == ([], None)
    assert auth.is_authenticated()
    assert _seen_by(auth) == attributes_of(account)
    assert auth.get_last_authn_contexts() == [PPT]
    assert is_encrypted(browser.answers[-1])


def test_two_factors_are_proved_when_python3_saml_asks_for_them(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()

    request_id, page = client.begin(browser, requestedAuthnContext=[MFA], failOnAuthnContextMismatch=True)
    auth = client.read(request_id, browser.log_in(page, account))

    assert (auth.get_errors(), auth.get_last_authn_contexts()) == ([], [MFA])
    assert _seen_by(auth) == attributes_of(account)
    assert browser.pages == ["password", "certificate", "totp"]


def test_a_login_that_may_show_no_page_comes_back_as_the_error_it_is(client: Client) -> None:
    request_id, page = client.begin(client.site.browser(), passive=True)

    auth = client.read(request_id, page)

    assert not auth.is_authenticated()
    assert auth.get_errors() == ["invalid_response"]
    assert "was not Success, was Responder" in auth.get_last_error_reason()


def test_an_answer_that_was_changed_on_its_way_is_refused_by_python3_saml(client: Client) -> None:
    browser = client.site.browser()
    request_id, page = client.begin(browser)
    answered = browser.log_in(page, client.site.account())
    changed = browser.answers[-1].replace(b'IssueInstant="2', b'IssueInstant="3', 1)

    auth = client.auth({**answered.hidden, "SAMLResponse": base64.b64encode(changed).decode()})
    auth.process_response(request_id=request_id)

    assert not auth.is_authenticated()
    assert "Signature" in auth.get_last_error_reason()


def _seen_by(auth: Any) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in auth.get_friendlyname_attributes().items()}
