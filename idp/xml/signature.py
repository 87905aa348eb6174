"""The shape of a ds:Signature that we accept, and nothing beyond it (SAML Core 5.4.2 to 5.4.4)."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.algorithms import ENVELOPED, EXCLUSIVE_C14N, Digest, SignatureMethod
from idp.xml.keys import KeyKind
from idp.xml.names import DS
from idp.xml.parse import Element

_SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
_RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_DIGESTS: Mapping[str, str] = {Digest.SHA256: "sha256", Digest.SHA384: "sha384", Digest.SHA512: "sha512"}
_METHODS: Mapping[str, tuple[KeyKind, str]] = {
    SignatureMethod.RSA_SHA256: (KeyKind.RSA, "sha256"),
    SignatureMethod.RSA_SHA384: (KeyKind.RSA, "sha384"),
    SignatureMethod.RSA_SHA512: (KeyKind.RSA, "sha512"),
    SignatureMethod.ECDSA_SHA256: (KeyKind.EC, "sha256"),
    SignatureMethod.ECDSA_SHA384: (KeyKind.EC, "sha384"),
    SignatureMethod.ECDSA_SHA512: (KeyKind.EC, "sha512"),
}
_INCLUSIVE_NAMESPACES = f"{{{EXCLUSIVE_C14N}}}InclusiveNamespaces"
_MOST_PREFIXES = 64


@dataclass(frozen=True, slots=True)
class EnvelopedSignature:
    """What a well-formed signature says, before anything in it is believed.

    `digest_name` is a name of hashlib; `inclusive_prefixes` are those of the Reference's exclusive c14n,
    `signed_info_prefixes` those of SignedInfo's own.
    """

    element: Element
    signed_info: Element
    signed_info_prefixes: tuple[str, ...]
    method: str
    value: bytes
    key_kind: KeyKind
    digest_name: str
    digest_value: bytes
    inclusive_prefixes: tuple[str, ...]


def read_method(uri: str, *, allow_sha1: bool) -> tuple[KeyKind, str]:
    """Give the kind of key and the hash of a signature algorithm; raises for every other URI (A-24, A-25)."""
    if uri == _RSA_SHA1 and allow_sha1:
        return KeyKind.RSA, "sha1"
    try:
        return _METHODS[uri]
    except KeyError:
        raise _invalid("a signature algorithm that is not accepted") from None


def read_signature(signature: Element, root_id: str, *, allow_sha1: bool) -> EnvelopedSignature:
    """Read `signature`, the ds:Signature of the root whose ID is `root_id`; raises ProtocolError SIGNATURE_INVALID."""
    children = list(signature)
    if len(children) == 3 and children[2].tag == _ds("KeyInfo"):
        children.pop()
    signed_info, signature_value = _exactly(children, "SignedInfo", "SignatureValue")
    canonicalization, method, reference = _exactly(
        list(signed_info), "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    signed_info_prefixes = _exclusive_prefixes(canonicalization)
    _exactly(list(method))
    value = _read_base64(signature_value)
    key_kind, _ = read_method(method.get("Algorithm", ""), allow_sha1=allow_sha1)
    if not root_id or reference.get("URI") != f"#{root_id}":
        raise _invalid("the reference is not to the root")
    transforms, digest_method, digest_value = _exactly(list(reference), "Transforms", "DigestMethod", "DigestValue")
    _exactly(list(digest_method))
    return EnvelopedSignature(
        element=signature,
        signed_info=signed_info,
        signed_info_prefixes=signed_info_prefixes,
        method=method.get("Algorithm", ""),
        value=value,
        key_kind=key_kind,
        digest_name=_read_digest(digest_method.get("Algorithm", ""), allow_sha1=allow_sha1),
        digest_value=_read_base64(digest_value),
        inclusive_prefixes=_read_transforms(transforms),
    )


def _read_transforms(transforms: Element) -> tuple[str, ...]:
    """Both transforms of SAML Core 5.4.4 and no other, so that what is digested is the whole root."""
    enveloped, exclusive = _exactly(list(transforms), "Transform", "Transform")
    if enveloped.get("Algorithm") != ENVELOPED or len(enveloped):
        raise _invalid("the first transform is not enveloped-signature")
    return _exclusive_prefixes(exclusive)


def _exclusive_prefixes(element: Element) -> tuple[str, ...]:
    if element.get("Algorithm") != EXCLUSIVE_C14N:
        raise _invalid("a canonicalization that is not accepted")
    children = list(element)
    if not children:
        return ()
    if len(children) > 1 or children[0].tag != _INCLUSIVE_NAMESPACES or len(children[0]):
        raise _invalid("a canonicalization with unknown content")
    prefixes = tuple(children[0].get("PrefixList", "").split())
    if len(prefixes) > _MOST_PREFIXES:
        raise _invalid("too many prefixes")
    return prefixes


def _read_digest(uri: str, *, allow_sha1: bool) -> str:
    if uri == _SHA1 and allow_sha1:
        return "sha1"
    try:
        return _DIGESTS[uri]
    except KeyError:
        raise _invalid("a digest algorithm that is not accepted") from None


def _read_base64(element: Element) -> bytes:
    if len(element):  # a comment counts: readers differ about the text around it
        raise _invalid("more than text in a value")
    try:
        return binascii.a2b_base64("".join((element.text or "").split()), strict_mode=True)
    except ValueError as error:
        raise _invalid("a value that is not base64") from error


def _exactly(children: list[Element], *names: str) -> list[Element]:
    if [child.tag for child in children] != [_ds(name) for name in names]:
        raise _invalid(f"not exactly {', '.join(names) or 'empty'} where the signature wants it")
    return children


def _ds(name: str) -> str:
    return f"{{{DS.uri}}}{name}"


def _invalid(detail: str) -> ProtocolError:
    return ProtocolError(Code.SIGNATURE_INVALID, detail)
