"""The two sides: the confirmation service provider as it runs, and an identity provider made of our own parts."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from idp.attributes.model import TRANSIENT, URI_NAME_FORMAT, NameID, ReleasedAttribute
from idp.core.codes import Code
from idp.core.errors import DependencyError, StatusError
from idp.core.secret import Secret
from idp.federation.metadata_reader import read_entities
from idp.federation.service_provider import REDIRECT_BINDING, ServiceProvider
from idp.mfatest import NETWORK_ATTRIBUTE, TEMPLATES, Look, make_wsgi, metadata
from idp.saml.answer import Recipient, ResponseWriter, Statement, new_id
from idp.saml.conditions import Expectations
from idp.saml.decode import decode_redirect
from idp.saml.encryption_choice import choose_encryption
from idp.saml.model import AuthnRequest
from idp.saml.own_metadata import own_metadata
from idp.saml.verify_request import verify_authn_request
from idp.settings.model import ConfirmationSP, IdPSettings, KeyPair
from idp.web.render import STATIC, make_environment
from idp.xml.algorithms import DataEncryption
from idp.xml.sign import SigningKey
from tests.pages.document import parse
from tests.pages.samples import SITE, TEMPLATE_FOLDERS, words
from tests.parts.service_provider import TestSP

URL = "https://localhost:8445/mfa-test"
ACS = f"{URL}/acs"
SSO = f"{SITE.base_url}/idp/profile/SAML2/Redirect/SSO"
MFA = "https://refeds.org/profile/mfa"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
ATTRIBUTES = (
    ReleasedAttribute("uid", "urn:oid:0.9.2342.19200300.100.1.1", URI_NAME_FORMAT, "uid", ("taro",)),
    ReleasedAttribute(
        "eduPersonPrincipalName",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
        URI_NAME_FORMAT,
        "eduPersonPrincipalName",
        ("taro@example.ac.jp",),
    ),
    ReleasedAttribute("mail", "urn:oid:0.9.2342.19200300.100.1.3", URI_NAME_FORMAT, "mail", ("<b>t@example.ac.jp",)),
    ReleasedAttribute("warifuNetwork", NETWORK_ATTRIBUTE, URI_NAME_FORMAT, "warifuNetwork", ("outside",)),
)


class MovingClock:
    """A clock at the present moment, moved by hand (pysaml2 itself reads the machine's)."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class IdP:
    """An identity provider: our writer of answers, our verifier of requests."""

    service_provider: ServiceProvider
    party: TestSP = field(default_factory=lambda: TestSP(name="idp"))
    is_up: bool = True

    @property
    def _signing_key(self) -> SigningKey:
        return SigningKey.from_pem(Secret(self.party.key_pem), self.party.certificate_pem)

    def metadata(self) -> bytes:
        if not self.is_up:
            raise DependencyError(Code.STORE_DOWN, "the identity provider is not up yet")
        settings = IdPSettings.model_construct(site=SITE)
        return own_metadata(settings, [self._signing_key.certificate_der])

    def receive(self, location: str) -> AuthnRequest:
        """Verify the request that a redirect carries."""
        return verify_authn_request(
            decode_redirect(urlsplit(location).query.encode()),
            find={self.service_provider.entity_id: self.service_provider}.get,
            expectations=Expectations(destinations={REDIRECT_BINDING: frozenset({SSO})}),
            now=datetime.now(UTC),
        )

    def recipient(self, authn_request: AuthnRequest) -> Recipient:
        encryption = choose_encryption(
            self.service_provider, allow_cbc=False, default_data_algorithm=DataEncryption.AES128_GCM
        )
        return Recipient(self.service_provider.entity_id, ACS, authn_request.id, True, encryption)

    def statement(self, authn_context: str = MFA) -> Statement:
        now = datetime.now(UTC)
        name_id = NameID("_transient1", TRANSIENT, SITE.entity_id, self.service_provider.entity_id)
        return Statement(name_id, authn_context, now, new_id(), now + timedelta(hours=8), ATTRIBUTES)

    def success(
        self,
        authn_request: AuthnRequest,
        *,
        authn_context: str = MFA,
        issuer: str = SITE.entity_id,
        key: TestSP | None = None,
        now: datetime | None = None,
        **changes: object,
    ) -> str:
        """Give the field SAMLResponse of an answer; `changes` are of the recipient."""
        party = key or self.party
        signing_key = SigningKey.from_pem(Secret(party.key_pem), party.certificate_pem)
        writer = ResponseWriter(issuer, signing_key, timedelta(minutes=5))
        recipient = replace(self.recipient(authn_request), **changes)  # type: ignore[arg-type]
        issued = writer.success(recipient, self.statement(authn_context), now or datetime.now(UTC))
        return base64.b64encode(issued.xml).decode()

    def error(self, authn_request: AuthnRequest, top: str, sub: str | None) -> str:
        """Give the field SAMLResponse of an answer that refuses."""
        writer = ResponseWriter(SITE.entity_id, self._signing_key, timedelta(minutes=5))
        error = StatusError(Code.NO_AUTHN_CONTEXT, top, sub)
        return base64.b64encode(writer.error(self.recipient(authn_request), error, datetime.now(UTC)).xml).decode()


@dataclass
class Stage:
    """Both sides and a browser."""

    settings: ConfirmationSP
    application: Flask
    browser: FlaskClient
    idp: IdP
    clock: MovingClock

    def start(self, query: str = "start=1") -> AuthnRequest:
        """Press the button and give the request as the identity provider reads it."""
        response = self.browser.get(f"/mfa-test/?{query}", base_url="https://localhost:8445")
        assert response.status_code == 303
        return self.idp.receive(response.headers["Location"])

    def answer(self, saml_response: str, relay_state: str = "en", browser: FlaskClient | None = None) -> HtmlElement:
        """Post the answer as the identity provider's page does and give the result page."""
        response = (browser or self.browser).post(
            "/mfa-test/acs",
            base_url="https://localhost:8445",
            data={"SAMLResponse": saml_response, "RelayState": relay_state},
        )
        assert response.status_code == 200
        return parse(response.get_data(as_text=True))


def make_stage(folder: Path) -> Iterator[Stage]:
    """Give the stage, its files in `folder`."""
    party = TestSP(name="mfa-test")
    pair = KeyPair(key=folder / "sp.key", certificate=folder / "sp.pem")
    pair.key.write_bytes(party.key_pem)
    pair.certificate.write_bytes(party.certificate_pem)
    settings = ConfirmationSP(
        url=URL,
        listen="127.0.0.1:8445",
        entity_id=f"{URL}/metadata",
        tls_certificate=pair.certificate,
        tls_key=pair.key,
        signing=pair,
        ca=pair.certificate,
    )
    service_provider = read_entities(metadata(settings, words()), source="mfa-test.xml")[0]
    idp, clock = IdP(service_provider), MovingClock()
    environment = make_environment(TEMPLATE_FOLDERS | {"mfatest": TEMPLATES}, words())

    def render(template: str, context: Mapping[str, object]) -> str:
        return environment.get_template(template).render(context)

    application = make_wsgi(settings, idp.metadata, clock, Look(SITE, words(), render, STATIC))
    yield Stage(settings, application, application.test_client(), idp, clock)


def fact(document: HtmlElement, name: str) -> str:
    """Give what the result page says of something."""
    return str(document.xpath(f"string(//*[@data-fact='{name}'])")).strip()


def result(document: HtmlElement) -> str:
    """Give the machine-readable result."""
    return str(document.xpath("string(//main//@data-result)"))
