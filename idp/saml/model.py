"""Messages before they are verified, and an AuthnRequest after."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.federation.service_provider import ServiceProvider


class Comparison(StrEnum):
    """How requested classes are compared with what was proved (SAML Core 3.3.2.2.1)."""

    EXACT = "exact"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class RequestedAuthnContext:
    """The classes asked for, in the service provider's order."""

    comparison: Comparison
    class_refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameIDPolicy:
    """What the service provider wants of the name identifier (SAML Core 3.4.1.1)."""

    format: str | None = None
    sp_name_qualifier: str | None = None
    allow_create: bool = False


@dataclass(frozen=True, slots=True)
class QuerySignature:
    """A Redirect signature: the octets it covers as sent, its algorithm, its value (SAML Bindings 3.4.4.1)."""

    signed: bytes
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class UnverifiedMessage:
    """A message as it came: nothing in it is to be believed yet."""

    xml: bytes
    binding: str
    relay_state: str | None
    query_signature: QuerySignature | None = None


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """A verified request: issuer known, signature good where there is one or one is due, fresh, its ACS in metadata.

    `assertion_consumer_service_url` is the Location found in metadata. `subject_name_id` is the NameID of a Subject in
    the request, None without. `signed` says whether a signature was verified.
    """

    id: str
    service_provider: ServiceProvider
    assertion_consumer_service_url: str
    binding: str
    issue_instant: datetime
    relay_state: str | None = None
    force_authn: bool = False
    is_passive: bool = False
    requested_authn_context: RequestedAuthnContext | None = None
    name_id_policy: NameIDPolicy | None = None
    subject_name_id: str | None = None
    requester_asks_unsupported: str | None = None
    signed: bool = False
