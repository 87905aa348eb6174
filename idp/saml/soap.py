"""A message in a SOAP 1.1 envelope (SAML Bindings 3.2): taken out, and put in."""

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.service_provider import SOAP_BINDING
from idp.saml.model import UnverifiedMessage
from idp.xml.names import SOAP, Name
from idp.xml.parse import MESSAGE, Element, elements_of, parse, standing_alone
from idp.xml.write import Canonical, checked, element, write

_ENVELOPE, _HEADER, _BODY = (f"{{{SOAP.uri}}}{name}" for name in ("Envelope", "Header", "Body"))
_FAULT_CODE, _FAULT_STRING = Name("", "faultcode", ""), Name("", "faultstring", "")
_MUST_UNDERSTAND = f"{{{SOAP.uri}}}mustUnderstand"


def decode_soap(body: bytes) -> UnverifiedMessage:
    """Give the one message of an envelope.

    Raises ProtocolError REQUEST_MALFORMED, for a header that we would have to understand as well, or
    REQUEST_TOO_LARGE.
    """
    root = parse(body, MESSAGE)
    parts = list(elements_of(root))
    if root.tag != _ENVELOPE or [part.tag for part in parts] not in ([_BODY], [_HEADER, _BODY]):
        raise ProtocolError(Code.REQUEST_MALFORMED, "not a SOAP 1.1 envelope with a body")
    if any(_is_required(block) for header in parts[:-1] for block in elements_of(header)):
        raise ProtocolError(Code.REQUEST_MALFORMED, "a SOAP header that must be understood")
    messages = list(elements_of(parts[-1]))
    if len(messages) != 1:
        raise ProtocolError(Code.REQUEST_MALFORMED, "not one message in the SOAP body")
    return UnverifiedMessage(standing_alone(messages[0]), SOAP_BINDING, None)


def in_envelope(message: bytes) -> bytes:
    """Put a message, written canonically, into an envelope."""
    body = element(SOAP.name("Body"), None, Canonical(message.decode("utf-8")))
    return checked(write(element(SOAP.name("Envelope"), None, body)))


def fault(text: str) -> bytes:
    """Give an envelope that says that the message was not accepted (SOAP 1.1, 4.4)."""
    what = (element(_FAULT_CODE, None, "soap11:Client"), element(_FAULT_STRING, None, text))
    body = element(SOAP.name("Body"), None, element(SOAP.name("Fault"), None, *what))
    return checked(write(element(SOAP.name("Envelope"), None, body)))


def _is_required(block: Element) -> bool:
    return block.get(_MUST_UNDERSTAND) in {"1", "true"}
