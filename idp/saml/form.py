"""The fields of a query string or form as octets, the way they were sent (SAML Bindings 3.4.4, 3.5.4; A-26 to A-28)."""

from urllib.parse import unquote_to_bytes

from idp.core.codes import Code
from idp.core.errors import ProtocolError

_FIELDS = (b"SAMLRequest", b"SAMLResponse", b"RelayState", b"SigAlg", b"Signature", b"SAMLEncoding")
_LOWER_FIELDS = frozenset(name.lower() for name in _FIELDS)
_MOST_FIELDS = 100


REQUEST, RESPONSE = b"SAMLRequest", b"SAMLResponse"


def read_fields(octets: bytes) -> dict[bytes, bytes]:
    """Give the protocol's own fields with their raw, still percent-encoded values; others are passed over.

    Raises ProtocolError REQUEST_MALFORMED for a field given twice, written in another way (`SAMLRequest[]`,
    `%53AMLRequest`, `samlrequest`), and for a request and a response in one call.
    """
    parts = octets.split(b"&", _MOST_FIELDS)
    if len(parts) > _MOST_FIELDS:
        raise _malformed("too many fields")
    fields: dict[bytes, bytes] = {}
    for part in parts:
        name, _, value = part.partition(b"=")
        if name in fields:
            raise _malformed("a field is given twice")
        if name in _FIELDS:
            fields[name] = value
        elif _resembles(name):
            raise _malformed("a field's name is written in another way")
    if REQUEST in fields and RESPONSE in fields:
        raise _malformed("a request and a response in one call")
    return fields


def names_response(octets: bytes) -> bool:
    """Tell whether a call brings a response, not a request. Raises as `read_fields` does."""
    return RESPONSE in read_fields(octets)


def decode_value(raw: bytes) -> bytes:
    """Undo application/x-www-form-urlencoded: `+` is a space, `%XX` an octet."""
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _resembles(name: bytes) -> bool:
    """Tell whether a lenient reader would take the name for one of ours."""
    plain = decode_value(name).strip(b" \t\r\n\x00").lower()
    base = plain.split(b"[", 1)[0].split(b"\x00", 1)[0].split(b".", 1)[0].strip()
    return base in _LOWER_FIELDS


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)
