"""What is verified of every message from a service provider: who sent it, and that it says what they signed.

Every rule is ours (design decision 1). What is read of a message is read from what is given back here, nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING, SOAP_BINDING, ServiceProvider
from idp.saml import conditions
from idp.saml.conditions import Expectations
from idp.saml.message import Shape, check_shape, issuer_of, without_comments
from idp.saml.model import QuerySignature, UnverifiedMessage
from idp.xml.octets import verify_octets
from idp.xml.parse import MESSAGE, Element, parse, text_of
from idp.xml.verify import is_signed, verify_enveloped

FindServiceProvider = Callable[[str], ServiceProvider | None]


@dataclass(frozen=True, slots=True)
class Verified:
    """A message whose sender is known; `root` is what was verified, where `signed`."""

    root: Element
    service_provider: ServiceProvider
    signed: bool


def verify_message(
    unverified: UnverifiedMessage,
    shape: Shape,
    *,
    find: FindServiceProvider,
    expectations: Expectations,
    must_be_signed: bool = False,
) -> Verified:
    """Give the message as its verified octets tell it.

    A signature is due where `must_be_signed`, or where the metadata says so; one that is there always counts. Raises
    ProtocolError; what `find` raises passes through.
    """
    conditions.check_relay_state(unverified.relay_state, strict=expectations.strict_relay_state)
    root = parse(unverified.xml, MESSAGE)
    check_shape(root, shape)
    conditions.check_version(root.get("Version"))
    claimed = _read_issuer(root)
    service_provider = find(claimed)
    if service_provider is None:
        raise ProtocolError(Code.UNKNOWN_SERVICE, "the issuer is not in any metadata")
    signed = _has_signature(unverified, root)
    if not signed and (must_be_signed or service_provider.authn_requests_signed):
        raise ProtocolError(Code.SIGNATURE_MISSING, f"a {shape.name} without the signature that is due")
    verified = _verify_signature(unverified, root, service_provider, expectations)
    check_shape(verified, shape)
    if _read_issuer(verified) != service_provider.entity_id:
        raise ProtocolError(Code.SIGNATURE_INVALID, "the verified issuer is another")
    return Verified(verified, service_provider, signed)


def _read_issuer(root: Element) -> str:
    issuer = issuer_of(root)
    return conditions.check_issuer(text_of(issuer), issuer.get("Format"))


def _has_signature(unverified: UnverifiedMessage, root: Element) -> bool:
    return unverified.query_signature is not None or is_signed(root)


def _verify_signature(
    unverified: UnverifiedMessage,
    root: Element,
    service_provider: ServiceProvider,
    expectations: Expectations,
) -> Element:
    """Give the element to read from: what was verified, where a signature is there (SDP-IDP04, IDP05)."""
    allow_sha1 = service_provider.entity_id in expectations.allow_sha1
    keys = service_provider.signing_keys
    if not _has_signature(unverified, root):
        return without_comments(root, unverified.xml)
    if unverified.binding in {POST_BINDING, SOAP_BINDING}:
        return verify_enveloped(root, keys, allow_sha1=allow_sha1)
    if unverified.binding != REDIRECT_BINDING:
        raise ProtocolError(Code.BINDING_UNSUPPORTED, "a signature of an unknown binding")
    if is_signed(root) or unverified.query_signature is None:
        raise ProtocolError(Code.SIGNATURE_INVALID, "a Redirect message with a signature inside")
    _verify_query(unverified.query_signature, keys, allow_sha1=allow_sha1)
    return without_comments(root, unverified.xml)


def _verify_query(signature: QuerySignature, keys: tuple[bytes, ...], *, allow_sha1: bool) -> None:
    verify_octets(signature.signed, signature.algorithm, signature.value, keys, allow_sha1=allow_sha1)
