"""The Response to a service provider: signed always, its assertion encrypted (conformance.md SDP-IDP08 to IDP11)."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.core.clock import instant
from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.saml.assertion import Bounds, Statement, assertion, writable
from idp.xml.encrypt import EncryptionChoice, encrypt_element
from idp.xml.names import SAML, SAMLP
from idp.xml.sign import SignatureChoice, SigningKey, sign_enveloped
from idp.xml.write import Canonical, Element, checked, element, is_writable, write

__all__ = ["IssuedResponse", "Recipient", "ResponseWriter", "Statement", "new_id"]

_STATUS_PREFIX = "urn:oasis:names:tc:SAML:2.0:status:"
_TOP_CODES = frozenset({"Requester", "Responder", "VersionMismatch"})
_LONGEST_LIFETIME = timedelta(minutes=5)
_MESSAGE = "The request could not be met."

_RESPONSE = SAMLP.name("Response")
_STATUS = SAMLP.name("Status")
_STATUS_CODE = SAMLP.name("StatusCode")
_STATUS_MESSAGE = SAMLP.name("StatusMessage")
_ISSUER = SAML.name("Issuer")
_ENCRYPTED_ASSERTION = SAML.name("EncryptedAssertion")
_SUCCESS = element(_STATUS, None, element(_STATUS_CODE, {"Value": f"{_STATUS_PREFIX}Success"}))


@dataclass(frozen=True, slots=True)
class Recipient:
    """The service provider an answer goes to; the URL is the Location found in its metadata.

    `in_response_to` is None for an answer nobody asked for. Without `encryption` there is no assertion, unless
    `allow_unencrypted` says that this service provider was opted out. `signature` None is our default.
    """

    entity_id: str
    assertion_consumer_service_url: str
    in_response_to: str | None
    sign_assertion: bool
    encryption: EncryptionChoice | None
    allow_unencrypted: bool = False
    signature: SignatureChoice | None = None


@dataclass(frozen=True, slots=True)
class IssuedResponse:
    """A Response ready to send and what the audit says of it.

    `encryption_algorithm` is the URI of the cipher; `dropped` are the ids of attributes that lost values because XML
    cannot carry them (security.md I-05).
    """

    xml: bytes
    response_id: str
    assertion_id: str | None
    encryption_algorithm: str | None
    dropped: tuple[str, ...] = ()


def new_id() -> str:
    """Give an xs:ID of 128 random bits (SAML Core 1.3.4)."""
    return f"_{secrets.token_hex(16)}"


class ResponseWriter:
    """Writes and signs Responses; shared by all threads.

    `assertion_lifetime` is five minutes at most (security.md I-04); raises ValueError beyond.
    """

    def __init__(self, entity_id: str, signing_key: SigningKey, assertion_lifetime: timedelta) -> None:
        if not timedelta(0) < assertion_lifetime <= _LONGEST_LIFETIME:
            raise ValueError("an assertion lives five minutes at most")
        self._issuer = element(_ISSUER, None, entity_id)
        self._signing_key = signing_key
        self._assertion_lifetime = assertion_lifetime

    def success(self, recipient: Recipient, statement: Statement, now: datetime) -> IssuedResponse:
        """Give a Response with one assertion that says `statement`.

        Raises StatusError if it may not be sent: no key to encrypt to, a name identifier that XML cannot carry.
        """
        if recipient.encryption is None and not recipient.allow_unencrypted:
            raise StatusError(Code.NO_ENCRYPTION_KEY, "Responder", detail=f"{recipient.entity_id}: no key chosen")
        if statement.name_id is not None and not is_writable(statement.name_id.value):
            raise StatusError(Code.BROKEN, "Responder", detail="the name identifier holds what XML cannot carry")
        attributes, dropped = writable(statement.attributes)
        assertion_id = new_id()
        bounds = Bounds(
            recipient.entity_id,
            recipient.assertion_consumer_service_url,
            recipient.in_response_to,
            instant(now),
            instant(now + self._assertion_lifetime),
        )
        if attributes is not statement.attributes:
            statement = replace(statement, attributes=attributes)
        tree = assertion(assertion_id, self._issuer, statement, bounds)
        content = self._protect(tree, recipient)
        xml, response_id = self._respond(recipient, _SUCCESS, content, now)
        cipher = None if recipient.encryption is None else recipient.encryption.data_encryption.value
        return IssuedResponse(xml, response_id, assertion_id, cipher, dropped)

    def error(self, recipient: Recipient, status_error: StatusError, now: datetime) -> IssuedResponse:
        """Give a signed Response that says only the two status codes, nothing of the person (security.md I-16)."""
        xml, response_id = self._respond(recipient, _status(status_error), None, now)
        return IssuedResponse(xml, response_id, None, None)

    def _protect(self, tree: Element, recipient: Recipient) -> Element | Canonical:
        text = sign_enveloped(tree, self._signing_key, recipient.signature) if recipient.sign_assertion else write(tree)
        if recipient.encryption is None:
            return Canonical(text)
        checked(text)
        return element(_ENCRYPTED_ASSERTION, None, encrypt_element(text, recipient.entity_id, recipient.encryption))

    def _respond(
        self, recipient: Recipient, status: Element, content: Element | Canonical | None, now: datetime
    ) -> tuple[bytes, str]:
        response_id = new_id()
        attributes = {
            "Destination": recipient.assertion_consumer_service_url,
            "ID": response_id,
            "IssueInstant": instant(now),
            "Version": "2.0",
        }
        if recipient.in_response_to is not None:
            attributes["InResponseTo"] = recipient.in_response_to
        tree = element(_RESPONSE, attributes, self._issuer, status, content)
        return checked(sign_enveloped(tree, self._signing_key, recipient.signature)), response_id


def _status(status_error: StatusError) -> Element:
    # SAML Core 3.2.2.2: the top code is one of four; what tells more is nested in it.
    if status_error.top not in _TOP_CODES:
        raise ValueError(f"not a top-level status of an error: {status_error.top}")
    nested = None if status_error.sub is None else _status_code(status_error.sub)
    return element(_STATUS, None, _status_code(status_error.top, nested), element(_STATUS_MESSAGE, None, _MESSAGE))


def _status_code(word: str, nested: Element | None = None) -> Element:
    return element(_STATUS_CODE, {"Value": f"{_STATUS_PREFIX}{word}"}, nested)
