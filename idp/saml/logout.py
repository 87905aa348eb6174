"""LogoutRequest and LogoutResponse, verified (SAML Core 3.7; security.md L-01 to L-04).

Replay, and whose session is meant, are not judged here: the store knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.attributes.model import NameID
from idp.core.codes import Code
from idp.core.errors import ProtocolError, WarifuError
from idp.federation.service_provider import SOAP_BINDING, ServiceProvider
from idp.saml import conditions
from idp.saml.conditions import Expectations
from idp.saml.message import ENCRYPTED_ID, LOGOUT_REQUEST, LOGOUT_RESPONSE, NAME_ID, SESSION_INDEX, STATUS, Shape
from idp.saml.model import UnverifiedMessage
from idp.saml.verify_message import FindServiceProvider, Verified, verify_message
from idp.xml.decrypt import DecryptionKey, decrypt_element
from idp.xml.names import SAMLP
from idp.xml.parse import Element, elements_of, text_of

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
_STATUS_CODE = f"{{{SAMLP.uri}}}StatusCode"
_EXTENSIONS = f"{{{SAMLP.uri}}}Extensions"
_ASYNCHRONOUS = "{urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo}Asynchronous"


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A verified request: signed, fresh, for us. `asynchronous` asks for no answer (saml-async-slo 1.0 2.2)."""

    id: str
    service_provider: ServiceProvider
    binding: str
    relay_state: str | None
    name_id: NameID
    session_indexes: tuple[str, ...]
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class LogoutResponse:
    """A verified answer to a request of ours; `ended` says that the service provider has ended its session."""

    service_provider: ServiceProvider
    in_response_to: str
    ended: bool


def verify_logout_request(
    unverified: UnverifiedMessage,
    *,
    find: FindServiceProvider,
    expectations: Expectations,
    now: datetime,
    decryption_keys: Sequence[DecryptionKey] = (),
) -> LogoutRequest:
    """Give the request as its verified octets tell it; it is always signed (SDP-IDP26; L-01).

    A name that is encrypted is decrypted once all else is verified, and only with keys (IIP-IDP19; L-06).

    Raises ProtocolError with the code of the first rule that is broken; DependencyError of `find` passes through.
    """
    try:
        verified = _verify(unverified, LOGOUT_REQUEST, find, expectations, now)
        return _read_request(verified, unverified, expectations, now, decryption_keys)
    except WarifuError:
        raise
    except Exception as error:  # the boundary, as for an AuthnRequest
        raise ProtocolError(Code.REQUEST_MALFORMED, f"{type(error).__name__} while it was read") from error


def verify_logout_response(
    unverified: UnverifiedMessage, *, find: FindServiceProvider, expectations: Expectations, now: datetime
) -> LogoutResponse:
    """Give the answer as its verified octets tell it; it is always signed. Raises as `verify_logout_request` does."""
    try:
        verified = _verify(unverified, LOGOUT_RESPONSE, find, expectations, now)
        in_response_to = conditions.check_id(verified.root.get("InResponseTo"))
        return LogoutResponse(verified.service_provider, in_response_to, _read_status(verified.root))
    except WarifuError:
        raise
    except Exception as error:  # the boundary
        raise ProtocolError(Code.REQUEST_MALFORMED, f"{type(error).__name__} while it was read") from error


def _verify(
    unverified: UnverifiedMessage,
    shape: Shape,
    find: FindServiceProvider,
    expectations: Expectations,
    now: datetime,
) -> Verified:
    verified = verify_message(unverified, shape, find=find, expectations=expectations, must_be_signed=True)
    root, entity_id = verified.root, verified.service_provider.entity_id
    conditions.check_version(root.get("Version"))
    conditions.check_id(root.get("ID"))
    conditions.check_issue_instant(root.get("IssueInstant"), expectations.tolerance(entity_id), now)
    # What comes by SOAP was asked of this very address, and need not name it (SAML Bindings 3.2).
    ours = expectations.logout_destinations.get(unverified.binding, frozenset())
    conditions.check_destination(root.get("Destination"), ours, signed=unverified.binding != SOAP_BINDING)
    return verified


def _read_request(
    verified: Verified,
    unverified: UnverifiedMessage,
    expectations: Expectations,
    now: datetime,
    decryption_keys: Sequence[DecryptionKey],
) -> LogoutRequest:
    root, service_provider = verified.root, verified.service_provider
    conditions.check_not_on_or_after(root.get("NotOnOrAfter"), expectations.skew(service_provider.entity_id), now)
    return LogoutRequest(
        id=conditions.check_id(root.get("ID")),
        service_provider=service_provider,
        binding=unverified.binding,
        relay_state=unverified.relay_state,
        name_id=_read_name_id(root, decryption_keys),
        session_indexes=tuple(text_of(each) for each in elements_of(root, SESSION_INDEX)),
        asynchronous=_is_asynchronous(root),
    )


def _read_name_id(root: Element, decryption_keys: Sequence[DecryptionKey]) -> NameID:
    """Give the NameID. Without a key an encrypted one is refused unread: we publish none to encrypt to (L-06)."""
    found = next(elements_of(root, NAME_ID), None)
    hidden = next(elements_of(root, ENCRYPTED_ID), None)
    if found is not None and hidden is not None:
        raise ProtocolError(Code.REQUEST_MALFORMED, "two names")
    if hidden is not None and decryption_keys:
        found = decrypt_element(hidden, decryption_keys)
    if found is None or found.tag != NAME_ID:
        raise ProtocolError(Code.REQUEST_MALFORMED, "no NameID that can be read")
    return NameID(text_of(found), found.get("Format") or "", found.get("NameQualifier"), found.get("SPNameQualifier"))


def _is_asynchronous(root: Element) -> bool:
    return any(next(elements_of(each, _ASYNCHRONOUS), None) is not None for each in elements_of(root, _EXTENSIONS))


def _read_status(root: Element) -> bool:
    """Say whether it is a success and not a partial one (SAML Core 3.7.3.2)."""
    status = next(elements_of(root, STATUS), None)
    code = next(elements_of(status, _STATUS_CODE), None) if status is not None else None
    if code is None:
        raise ProtocolError(Code.REQUEST_MALFORMED, "no StatusCode")
    nested = {each.get("Value") for each in elements_of(code, _STATUS_CODE)}
    return code.get("Value") == SUCCESS and PARTIAL_LOGOUT not in nested
