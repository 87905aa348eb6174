"""The shape of an AuthnRequest, and pysaml2's object of it (SAML Core 3.4.1)."""

from saml2 import create_class_from_element_tree, samlp

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.names import DS, SAML, SAMLP
from idp.xml.parse import Element, canonical, elements_of, parse

AUTHN_REQUEST = f"{{{SAMLP.uri}}}AuthnRequest"

_SEQUENCE = (
    f"{{{SAML.uri}}}Issuer",
    f"{{{DS.uri}}}Signature",
    f"{{{SAMLP.uri}}}Extensions",
    f"{{{SAML.uri}}}Subject",
    f"{{{SAMLP.uri}}}NameIDPolicy",
    f"{{{SAML.uri}}}Conditions",
    f"{{{SAMLP.uri}}}RequestedAuthnContext",
    f"{{{SAMLP.uri}}}Scoping",
)
_ISSUER = _SEQUENCE[0]


def check_shape(root: Element) -> None:
    """Refuse what the schema does not allow at the top: another root, unknown, repeated or misplaced children."""
    if root.tag != AUTHN_REQUEST:
        raise _malformed("not an AuthnRequest")
    children = [child.tag for child in elements_of(root)]
    if children != [tag for tag in _SEQUENCE if tag in children]:
        raise _malformed("children of the AuthnRequest that the schema does not allow")
    if _ISSUER not in children:
        raise _malformed("no Issuer")


def issuer_of(root: Element) -> Element:
    """Give the Issuer of an element that has the right shape."""
    return next(elements_of(root, _ISSUER))


def without_comments(root: Element, octets: bytes) -> Element:
    """Read an unsigned message, written as `octets`, again if it has comments: they could split a text."""
    return parse(canonical(root)) if b"<!--" in octets else root


def as_object(root: Element) -> samlp.AuthnRequest:
    """Give pysaml2's object of a verified element. pysaml2 decides nothing (security.md 0.1)."""
    message = create_class_from_element_tree(samlp.AuthnRequest, root)
    if not isinstance(message, samlp.AuthnRequest):
        raise _malformed("not an AuthnRequest")
    return message


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)
