"""The shapes of the messages we take, and pysaml2's object of an AuthnRequest (SAML Core 3.4.1, 3.7)."""

from dataclasses import dataclass

from saml2 import create_class_from_element_tree, samlp

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.names import DS, SAML, SAMLP
from idp.xml.parse import Element, canonical, elements_of, parse


@dataclass(frozen=True, slots=True)
class Shape:
    """What the schema allows of a message at the top: its children in order, each once but for `repeated`."""

    name: str
    sequence: tuple[str, ...]
    repeated: str = ""

    @property
    def tag(self) -> str:
        """Give the root's name."""
        return f"{{{SAMLP.uri}}}{self.name}"


_ISSUER = f"{{{SAML.uri}}}Issuer"
_HEAD = (_ISSUER, f"{{{DS.uri}}}Signature", f"{{{SAMLP.uri}}}Extensions")
SESSION_INDEX = f"{{{SAMLP.uri}}}SessionIndex"
NAME_ID, ENCRYPTED_ID = f"{{{SAML.uri}}}NameID", f"{{{SAML.uri}}}EncryptedID"
STATUS = f"{{{SAMLP.uri}}}Status"
AUTHN_REQUEST = Shape(
    "AuthnRequest",
    (
        *_HEAD,
        f"{{{SAML.uri}}}Subject",
        f"{{{SAMLP.uri}}}NameIDPolicy",
        f"{{{SAML.uri}}}Conditions",
        f"{{{SAMLP.uri}}}RequestedAuthnContext",
        f"{{{SAMLP.uri}}}Scoping",
    ),
)
LOGOUT_REQUEST = Shape(
    "LogoutRequest", (*_HEAD, f"{{{SAML.uri}}}BaseID", NAME_ID, ENCRYPTED_ID, SESSION_INDEX), SESSION_INDEX
)
LOGOUT_RESPONSE = Shape("LogoutResponse", (*_HEAD, STATUS))


def check_shape(root: Element, shape: Shape = AUTHN_REQUEST) -> None:
    """Refuse what the schema does not allow at the top: another root, unknown, repeated or misplaced children."""
    if root.tag != shape.tag:
        raise _malformed(f"not the message that belongs here, {shape.name}")
    children = [child.tag for child in elements_of(root)]
    while shape.repeated and children[-2:] == [shape.repeated] * 2:
        children.pop()
    if children != [tag for tag in shape.sequence if tag in children]:
        raise _malformed(f"children of the {shape.name} that the schema does not allow")
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
