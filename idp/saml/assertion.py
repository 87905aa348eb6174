"""The one assertion of an answer (SAML Core 2.3.3, SAML Profiles 4.1.4.2, conformance.md SDP-IDP10 to IDP20)."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from idp.attributes.model import NameID, ReleasedAttribute
from idp.core.clock import instant
from idp.xml.names import SAML
from idp.xml.write import Canonical, Element, element, is_writable, written_attributes

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

ASSERTION = SAML.name("Assertion")
_NAME_ID = SAML.name("NameID")
_SUBJECT = SAML.name("Subject")
_SUBJECT_CONFIRMATION = SAML.name("SubjectConfirmation")
_SUBJECT_CONFIRMATION_DATA = SAML.name("SubjectConfirmationData")
_CONDITIONS = SAML.name("Conditions")
_AUDIENCE_RESTRICTION = SAML.name("AudienceRestriction")
_AUDIENCE = SAML.name("Audience")
_AUTHN_STATEMENT = SAML.name("AuthnStatement")
_SUBJECT_LOCALITY = SAML.name("SubjectLocality")
_AUTHN_CONTEXT = SAML.name("AuthnContext")
_AUTHN_CONTEXT_CLASS_REF = SAML.name("AuthnContextClassRef")
_ATTRIBUTE_STATEMENT = SAML.name("AttributeStatement")
_ATTRIBUTE = SAML.name("Attribute")
_ATTRIBUTE_VALUE = SAML.name("AttributeValue")


@dataclass(frozen=True, slots=True)
class Statement:
    """What an assertion says of a person: who, how and when proved, in which session, with which attributes.

    `address` is the browser's and is left out of the assertion when None; without a `name_id` the subject is known
    by its attributes alone (IIP-IDP11).
    """

    name_id: NameID | None
    authn_context_class: str
    authn_instant: datetime
    session_index: str
    session_not_on_or_after: datetime
    attributes: tuple[ReleasedAttribute, ...] = ()
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """To whom an assertion is addressed, in answer to what, and from when until when it may be used (xs:dateTime)."""

    audience: str
    assertion_consumer_service_url: str
    in_response_to: str | None
    not_before: str
    not_on_or_after: str


def writable(attributes: tuple[ReleasedAttribute, ...]) -> tuple[tuple[ReleasedAttribute, ...], tuple[str, ...]]:
    """Give the attributes without the values that XML cannot carry, and the ids of those that lost one (I-05).

    An attribute that has no value left is left out.
    """
    if all(attribute.values and all(map(is_writable, attribute.values)) for attribute in attributes):
        return attributes, ()
    kept: list[ReleasedAttribute] = []
    dropped: list[str] = []
    for attribute in attributes:
        values = tuple(value for value in attribute.values if is_writable(value))
        if len(values) < len(attribute.values):
            dropped.append(attribute.id)
        if values:
            kept.append(
                ReleasedAttribute(attribute.id, attribute.name, attribute.name_format, attribute.friendly_name, values)
            )
    return tuple(kept), tuple(dropped)


def assertion(assertion_id: str, issuer: Element, statement: Statement, bounds: Bounds) -> Element:
    """Give the assertion, unsigned; every value of `statement` must be writable."""
    return element(
        ASSERTION,
        {"ID": assertion_id, "IssueInstant": bounds.not_before, "Version": "2.0"},
        issuer,
        _subject(statement, bounds),
        _conditions(bounds),
        _authn_statement(statement),
        _attribute_statement(statement.attributes),
    )


def _subject(statement: Statement, bounds: Bounds) -> Element:
    # SAML Profiles 4.1.4.2: Recipient and NotOnOrAfter are due, NotBefore is forbidden.
    data = {
        "NotOnOrAfter": bounds.not_on_or_after,
        "Recipient": bounds.assertion_consumer_service_url,
        **_given("Address", statement.address),
        **_given("InResponseTo", bounds.in_response_to),
    }
    confirmation = element(_SUBJECT_CONFIRMATION, {"Method": _BEARER}, element(_SUBJECT_CONFIRMATION_DATA, data))
    name_id = None if statement.name_id is None else name_id_element(statement.name_id)
    return element(_SUBJECT, None, name_id, confirmation)


def name_id_element(name_id: NameID) -> Element:
    """Give a NameID as it stands in an assertion, and in a request to end what the assertion began."""
    qualifiers = {
        **_given("NameQualifier", name_id.name_qualifier),
        **_given("SPNameQualifier", name_id.sp_name_qualifier),
    }
    return element(_NAME_ID, {"Format": name_id.format, **qualifiers}, name_id.value)


def _conditions(bounds: Bounds) -> Element:
    restriction = element(_AUDIENCE_RESTRICTION, None, element(_AUDIENCE, None, bounds.audience))
    validity = {"NotBefore": bounds.not_before, "NotOnOrAfter": bounds.not_on_or_after}
    return element(_CONDITIONS, validity, restriction)


def _authn_statement(statement: Statement) -> Element:
    locality = None if statement.address is None else element(_SUBJECT_LOCALITY, {"Address": statement.address})
    return element(
        _AUTHN_STATEMENT,
        {
            "AuthnInstant": instant(statement.authn_instant),
            "SessionIndex": statement.session_index,
            "SessionNotOnOrAfter": instant(statement.session_not_on_or_after),
        },
        locality,
        element(_AUTHN_CONTEXT, None, element(_AUTHN_CONTEXT_CLASS_REF, None, statement.authn_context_class)),
    )


def _attribute_statement(attributes: tuple[ReleasedAttribute, ...]) -> Element | None:
    if not attributes:
        return None
    return element(_ATTRIBUTE_STATEMENT, None, *map(_attribute, attributes))


def _attribute(attribute: ReleasedAttribute) -> Element:
    naming = _naming(attribute.name, attribute.name_format, attribute.friendly_name)
    return element(_ATTRIBUTE, naming, *[element(_ATTRIBUTE_VALUE, None, value) for value in attribute.values])


@lru_cache(maxsize=1024)
def _naming(name: str, name_format: str, friendly_name: str) -> Canonical:
    given = _given("FriendlyName", friendly_name or None)
    return written_attributes({"Name": name, "NameFormat": name_format, **given})


def _given(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}
