"""Attributes and name identifiers as they will stand in an assertion."""

from dataclasses import dataclass

TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
URI_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


@dataclass(frozen=True, slots=True)
class ReleasedAttribute:
    """An attribute with the values that this service provider may see; `id` is its key in the configuration."""

    id: str
    name: str
    name_format: str
    friendly_name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameID:
    """By which name the person is known to the service provider (SAML Core 8.3)."""

    value: str
    format: str
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
