"""From a metadata document to service providers (SAML Metadata 2; security.md M-06, M-08; IIP-MD02, MD05)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.descriptions import read_descriptions
from idp.federation.endpoints import read_assertion_consumer_services, read_single_logout_services
from idp.federation.extensions import read_extensions
from idp.federation.names import SAML2_PROTOCOL, name
from idp.federation.role_keys import read_keys
from idp.federation.service_provider import POST_BINDING, ServiceProvider
from idp.xml.datatypes import read_boolean, read_date_time
from idp.xml.parse import METADATA, Element, elements_of, parse, text_of

LONGEST_ENTITY_ID = 256
"""In characters (SDP-G04); a longer one is refused here and in requests (security.md A-13)."""

_ENTITY = name("md:EntityDescriptor")
_ENTITIES = name("md:EntitiesDescriptor")
_ROLE = name("md:SPSSODescriptor")


@dataclass(frozen=True, slots=True)
class MetadataReading:
    """What a document held: the service providers that can be served, and what was refused, each with its line."""

    service_providers: tuple[ServiceProvider, ...]
    refusals: tuple[str, ...]


class EntityRefusedError(ValueError):
    """An entity that cannot be served; the text says why."""


def read_metadata(data: bytes, *, source: str, allow_loopback_http: bool = False) -> MetadataReading:
    """Read an EntityDescriptor, or EntitiesDescriptors nested in any way.

    An entity that is no SAML 2.0 service provider is passed over in silence; one that is and cannot be served stands
    in `refusals`. Raises ProtocolError where the document itself cannot be read.
    """
    root = parse(data, METADATA)
    if root.tag not in {_ENTITY, _ENTITIES}:
        raise ProtocolError(Code.REQUEST_MALFORMED, "line 1: neither an EntityDescriptor nor an EntitiesDescriptor")
    refusals: list[str] = []
    found = read_service_providers(_entities(root), refusals, source=source, allow_loopback_http=allow_loopback_http)
    return MetadataReading(tuple(found), tuple(refusals))


def read_service_providers(
    entities: Iterable[Element], refusals: list[str], *, source: str, allow_loopback_http: bool
) -> Iterator[ServiceProvider]:
    """Give the service providers among `entities`, one at a time; what is refused is added to `refusals`."""
    found: set[str] = set()
    for entity, role in _roles(entities):
        entity_id = entity.get("entityID", "")
        try:
            if entity_id in found:
                raise EntityRefusedError("the same entityID stands above already")
            provider, notes = _read_service_provider(entity, role, source, allow_loopback_http=allow_loopback_http)
        except (EntityRefusedError, ProtocolError) as error:
            notes = (f"line {entity.sourceline}: entity not used: {error}",)
        else:
            found.add(entity_id)
            yield provider
        refusals.extend(f"{entity_id}: {note}" for note in notes)


def read_entities(data: bytes, *, source: str, allow_loopback_http: bool = False) -> list[ServiceProvider]:
    """Give the service providers of a document that can be served; raises ProtocolError as `read_metadata` does."""
    return list(read_metadata(data, source=source, allow_loopback_http=allow_loopback_http).service_providers)


def _roles(entities: Iterable[Element]) -> Iterator[tuple[Element, Element]]:
    for entity in entities:
        for role in entity.findall(_ROLE):
            if SAML2_PROTOCOL in role.get("protocolSupportEnumeration", "").split():
                yield entity, role
                break


def _entities(element: Element) -> Iterator[Element]:
    """Give the entities that stand where the schema puts them; one inside an extension is none."""
    if element.tag == _ENTITY:
        yield element
    elif element.tag == _ENTITIES:
        for child in elements_of(element):
            yield from _entities(child)


def _read_service_provider(
    entity: Element, role: Element, source: str, *, allow_loopback_http: bool
) -> tuple[ServiceProvider, tuple[str, ...]]:
    endpoints, endpoint_refusals = read_assertion_consumer_services(role, allow_loopback_http=allow_loopback_http)
    if not any(endpoint.binding == POST_BINDING for endpoint in endpoints):
        reasons = "; ".join(endpoint_refusals) or "there is none"
        raise EntityRefusedError(f"no AssertionConsumerService with the HTTP-POST binding that can be used: {reasons}")
    logout, logout_refusals = read_single_logout_services(role, allow_loopback_http=allow_loopback_http)
    keys = read_keys(role)
    extensions = read_extensions(entity, role)
    descriptions = read_descriptions(role)
    provider = ServiceProvider(
        entity_id=_read_entity_id(entity),
        assertion_consumer_services=endpoints,
        signing_keys=keys.signing,
        encryption_keys=keys.encryption,
        authn_requests_signed=_read_flag(role, "AuthnRequestsSigned"),
        want_assertions_signed=_read_flag(role, "WantAssertionsSigned"),
        name_id_formats=tuple(text_of(element) for element in elements_of(role, name("md:NameIDFormat"))),
        requested_attributes=descriptions.requested_attributes,
        entity_categories=extensions.entity_categories,
        subject_id_requirement=extensions.subject_id_requirement,
        signing_methods=extensions.signing_methods,
        digest_methods=extensions.digest_methods,
        display_names=descriptions.display_names,
        information_urls=descriptions.information_urls,
        privacy_urls=descriptions.privacy_urls,
        registration_authority=extensions.registration_authority,
        groups=tuple(group for each in entity.iterancestors() if (group := each.get("Name", ""))),
        valid_until=_read_valid_until(role),
        source=source,
        single_logout_services=logout,
    )
    return provider, endpoint_refusals + logout_refusals + keys.refusals


def _read_entity_id(entity: Element) -> str:
    entity_id = entity.get("entityID", "")
    if not 0 < len(entity_id) <= LONGEST_ENTITY_ID or entity_id != entity_id.strip():
        raise EntityRefusedError(f"an entityID has 1 to {LONGEST_ENTITY_ID} characters and no space around it")
    return entity_id


def _read_flag(role: Element, attribute: str) -> bool:
    try:
        return read_boolean(role.get(attribute, "false"))
    except ValueError as error:
        raise EntityRefusedError(f"{attribute}: {error}") from error


def _read_valid_until(role: Element) -> datetime | None:
    """Give the earliest validUntil of the role, its entity and everything around it."""
    moments = []
    for element in (role, *role.iterancestors()):
        text = element.get("validUntil")
        if text is None:
            continue
        try:
            moments.append(read_date_time(text))
        except ValueError as error:
            raise EntityRefusedError(f"validUntil: {error}") from error
    return min(moments, default=None)
