"""A service provider as its metadata describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

POST_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SOAP_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One indexed endpoint; `is_default` is None where the metadata is silent."""

    index: int
    location: str
    binding: str
    is_default: bool | None = None


@dataclass(frozen=True, slots=True)
class LogoutEndpoint:
    """One SingleLogoutService: where a request goes, and where an answer does (SAML Metadata 2.2.2)."""

    binding: str
    location: str
    response_location: str


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A public key to encrypt to (DER, SubjectPublicKeyInfo) and the algorithms its KeyDescriptor names, in order."""

    public_key_der: bytes
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """An attribute that the service provider's metadata asks for."""

    name: str
    name_format: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """What we use of an entity's SPSSODescriptor. Keys are DER SubjectPublicKeyInfo; a key without `use` is in both.

    `assertion_consumer_services` holds every one of the metadata, whatever its binding, in order of appearance.
    Names and links by xml:lang; links are http(s) only. `single_logout_services` are those that may be sent to;
    `groups` are the names of the groups it is in, inner first.
    """

    entity_id: str
    assertion_consumer_services: tuple[Endpoint, ...]
    signing_keys: tuple[bytes, ...] = ()
    encryption_keys: tuple[EncryptionKey, ...] = ()
    authn_requests_signed: bool = False
    want_assertions_signed: bool = False
    name_id_formats: tuple[str, ...] = ()
    requested_attributes: tuple[RequestedAttribute, ...] = ()
    entity_categories: tuple[str, ...] = ()
    subject_id_requirement: tuple[str, ...] = ()
    signing_methods: tuple[str, ...] = ()
    digest_methods: tuple[str, ...] = ()
    display_names: Mapping[str, str] = field(default_factory=dict)
    information_urls: Mapping[str, str] = field(default_factory=dict)
    privacy_urls: Mapping[str, str] = field(default_factory=dict)
    registration_authority: str = ""
    groups: tuple[str, ...] = ()
    valid_until: datetime | None = None
    source: str = ""
    single_logout_services: tuple[LogoutEndpoint, ...] = ()

    def display_name(self, language: str) -> str:
        """Give the name in `language`, else in English, else any, else the entityID (conformance.md 1.10)."""
        names = self.display_names
        return names.get(language) or names.get("en") or next(iter(names.values()), "") or self.entity_id
