"""A writer, somebody to write to and something to say."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from idp.attributes.model import TRANSIENT, URI_NAME_FORMAT, NameID, ReleasedAttribute
from idp.core.secret import Secret
from idp.saml.answer import Recipient, ResponseWriter, Statement
from idp.xml.encrypt import EncryptionChoice
from idp.xml.sign import SigningKey
from tests.parts.service_provider import PrivateKey, TestSP, certificate_for, private_pem, rsa_key

ENTITY_ID = "https://idp.example.org/idp/shibboleth"
NOW = datetime(2026, 4, 1, 3, 4, 5, 678000, tzinfo=UTC)
MFA = "https://refeds.org/profile/mfa"


def certificate_pem(key: PrivateKey, *, expired: bool = False) -> bytes:
    return certificate_for(key, "idp", expired=expired).public_bytes(Encoding.PEM)


def signing_key(key: PrivateKey) -> SigningKey:
    return SigningKey.from_pem(Secret(private_pem(key)), certificate_pem(key))


def attribute(identifier: str, *values: str) -> ReleasedAttribute:
    return ReleasedAttribute(identifier, f"urn:oid:2.5.4.{len(identifier)}", URI_NAME_FORMAT, identifier, values)


def recipient_of(sp: TestSP, **changes: object) -> Recipient:
    values: dict[str, object] = {
        "entity_id": sp.entity_id,
        "assertion_consumer_service_url": sp.acs,
        "in_response_to": f"_request-of-{sp.name}",
        "sign_assertion": False,
        "encryption": EncryptionChoice(sp.public_key_der),
    }
    return Recipient(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def idp_certificate() -> bytes:
    return certificate_pem(rsa_key("idp"))


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return signing_key(rsa_key("idp"))


@pytest.fixture(scope="session")
def writer(key: SigningKey) -> ResponseWriter:
    return ResponseWriter(ENTITY_ID, key, timedelta(minutes=5))


@pytest.fixture(scope="session")
def sp() -> TestSP:
    return TestSP()


@pytest.fixture(scope="session")
def recipient(sp: TestSP) -> Recipient:
    return recipient_of(sp)


@pytest.fixture(scope="session")
def statement(sp: TestSP) -> Statement:
    return Statement(
        name_id=NameID("_0123456789abcdef", TRANSIENT, ENTITY_ID, sp.entity_id),
        authn_context_class=MFA,
        authn_instant=NOW - timedelta(minutes=7),
        session_index="_session",
        session_not_on_or_after=NOW + timedelta(hours=8),
        attributes=(
            attribute("mail", "alice@example.org", "a.liddell@example.org"),
            attribute("displayName", "山田 花子"),
        ),
        address="192.0.2.7",
    )
