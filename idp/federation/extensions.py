"""What md:Extensions say of an entity: categories, subject-id need, algorithms, registrar (MDATTR, AlgSup, MDRPI)."""

from dataclasses import dataclass

from idp.federation.names import ENTITY_CATEGORY, SUBJECT_ID_REQUIREMENT, name, path
from idp.xml.parse import Element, text_of

_ATTRIBUTE = path("md:Extensions", "mdattr:EntityAttributes", "saml:Attribute")
_REGISTRATION = path("md:Extensions", "mdrpi:RegistrationInfo")


@dataclass(frozen=True, slots=True)
class EntityExtensions:
    """The extensions that decide something here; unknown ones are passed over (IIP-MD05)."""

    entity_categories: tuple[str, ...]
    subject_id_requirement: tuple[str, ...]
    signing_methods: tuple[str, ...]
    digest_methods: tuple[str, ...]
    registration_authority: str


def read_extensions(entity: Element, role: Element) -> EntityExtensions:
    """Read them; algorithms of the role stand before those of the entity (AlgSup 2.3).

    An entity without a registrar of its own has that of the innermost group with one (MDRPI 2.1).
    """
    around = (each.find(_REGISTRATION) for each in (entity, *entity.iterancestors()))
    registration = next((found for found in around if found is not None), None)
    return EntityExtensions(
        entity_categories=_attribute_values(entity, ENTITY_CATEGORY),
        subject_id_requirement=_attribute_values(entity, SUBJECT_ID_REQUIREMENT),
        signing_methods=_algorithms(role, "alg:SigningMethod") or _algorithms(entity, "alg:SigningMethod"),
        digest_methods=_algorithms(role, "alg:DigestMethod") or _algorithms(entity, "alg:DigestMethod"),
        registration_authority="" if registration is None else registration.get("registrationAuthority", ""),
    )


def _attribute_values(entity: Element, attribute_name: str) -> tuple[str, ...]:
    return tuple(
        text_of(value)
        for attribute in entity.findall(_ATTRIBUTE)
        if attribute.get("Name") == attribute_name
        for value in attribute.findall(name("saml:AttributeValue"))
    )


def _algorithms(owner: Element, element_name: str) -> tuple[str, ...]:
    return tuple(method.get("Algorithm", "") for method in owner.findall(path("md:Extensions", element_name)))
