"""From the wire to XML octets, under limits; nothing here believes anything (security.md A-01 to A-03, A-14, A-26)."""

import binascii
import zlib

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING
from idp.saml.form import REQUEST, RESPONSE, decode_value, read_fields
from idp.saml.model import QuerySignature, UnverifiedMessage

LARGEST_MESSAGE_OCTETS = 64 * 1024
"""Of `SAMLRequest` or `SAMLResponse` as it is sent, percent-encoding and all."""
LARGEST_BODY_OCTETS = 256 * 1024
LARGEST_XML_OCTETS = 128 * 1024
LARGEST_RELAY_STATE_OCTETS = 1024

_DEFLATE = b"urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_LARGEST_ALGORITHM_OCTETS = 256
_LARGEST_SIGNATURE_OCTETS = 8192


def decode_redirect(query_string: bytes, field: bytes = REQUEST) -> UnverifiedMessage:
    """Read the raw query string of a Redirect message (SAML Bindings 3.4.4.1); `field` is what it is sent as.

    Raises ProtocolError REQUEST_MALFORMED, REQUEST_TOO_LARGE (HTTP 413) or SIGNATURE_INVALID.
    """
    _limit(query_string, LARGEST_BODY_OCTETS, "query string")
    fields = read_fields(query_string)
    if decode_value(fields.get(b"SAMLEncoding", _DEFLATE)) != _DEFLATE:
        raise _malformed("an encoding other than DEFLATE")
    return UnverifiedMessage(
        xml=_inflate(_decode_message(fields, field)),
        binding=REDIRECT_BINDING,
        relay_state=_decode_relay_state(fields),
        query_signature=_decode_signature(fields),
    )


def decode_post(body: bytes, field: bytes = REQUEST) -> UnverifiedMessage:
    """Read the application/x-www-form-urlencoded body of a POST message (SAML Bindings 3.5.4); it is never inflated.

    Raises ProtocolError REQUEST_MALFORMED, REQUEST_TOO_LARGE (HTTP 413) or SIGNATURE_INVALID.
    """
    _limit(body, LARGEST_BODY_OCTETS, "body")
    fields = read_fields(body)
    if b"SigAlg" in fields or b"Signature" in fields:
        raise ProtocolError(Code.SIGNATURE_INVALID, "a signature beside the message; POST carries it inside")
    return UnverifiedMessage(
        xml=_decode_message(fields, field), binding=POST_BINDING, relay_state=_decode_relay_state(fields)
    )


def _decode_message(fields: dict[bytes, bytes], field: bytes) -> bytes:
    name = field.decode("ascii")
    if field == REQUEST and RESPONSE in fields:
        raise _malformed("a response where a request belongs")
    raw = fields.get(field)
    if not raw:
        raise _malformed(f"no {name}")
    _limit(raw, LARGEST_MESSAGE_OCTETS, name)
    return _decode_base64(raw, Code.REQUEST_MALFORMED)


def _inflate(deflated: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        xml = inflater.decompress(deflated, LARGEST_XML_OCTETS + 1)
    except zlib.error as error:
        raise _malformed("not DEFLATE") from error
    _limit(xml, LARGEST_XML_OCTETS, "inflated message")
    if not inflater.eof or inflater.unused_data:
        raise _malformed("DEFLATE that does not end where it should")
    return xml


def _decode_relay_state(fields: dict[bytes, bytes]) -> str | None:
    raw = fields.get(b"RelayState")
    if raw is None:
        return None
    octets = decode_value(raw)
    if len(octets) > LARGEST_RELAY_STATE_OCTETS:
        raise _malformed("RelayState is too long")
    if b"\x00" in octets:
        raise _malformed("NUL in RelayState")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("RelayState is not UTF-8") from error


def _decode_signature(fields: dict[bytes, bytes]) -> QuerySignature | None:
    """Give the octets that the signature covers in the order of the specification, whatever order they came in."""
    algorithm, signature = fields.get(b"SigAlg"), fields.get(b"Signature")
    if algorithm is None and signature is None:
        return None
    if not algorithm or not signature:
        raise ProtocolError(Code.SIGNATURE_INVALID, "SigAlg and Signature belong together")
    if len(algorithm) > _LARGEST_ALGORITHM_OCTETS or len(signature) > _LARGEST_SIGNATURE_OCTETS:
        raise ProtocolError(Code.SIGNATURE_INVALID, "SigAlg or Signature is too long")
    covered = [name + b"=" + fields[name] for name in (REQUEST, RESPONSE, b"RelayState", b"SigAlg") if name in fields]
    return QuerySignature(
        signed=b"&".join(covered),
        algorithm=decode_value(algorithm).decode("ascii", "replace"),
        value=_decode_base64(signature, Code.SIGNATURE_INVALID),
    )


def _decode_base64(raw: bytes, code: Code) -> bytes:
    """Decode strictly but for line ends, which old encoders put in (RFC 2045)."""
    text = decode_value(raw).translate(None, b"\r\n\t")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise ProtocolError(code, "not base64") from error


def _limit(octets: bytes, largest: int, what: str) -> None:
    if len(octets) > largest:
        raise ProtocolError(
            Code.REQUEST_TOO_LARGE, f"{what} has more than {largest} octets", http_status=413, reason="too_large"
        )


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)
