"""Verify what others signed; only what the verified bytes say is given back (SAML Core 5.4; security.md A-50 to A-59).

The keys are given by the caller, from metadata. ds:KeyInfo is thrown away unread.
"""

import hmac
from collections.abc import Iterable
from copy import deepcopy
from functools import lru_cache
from hashlib import new as new_hash

import xmlsec

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.keys import KeyRefusedError, kind_of, read_public_key
from idp.xml.names import DS
from idp.xml.parse import METADATA, Element, canonical, elements_of, parse
from idp.xml.signature import EnvelopedSignature, read_signature

_SIGNATURE = f"{{{DS.uri}}}Signature"
_KEY_INFO = f"{{{DS.uri}}}KeyInfo"
_ID_NAMES = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")
_MOST_KEYS = 20


def is_signed(root: Element) -> bool:
    """Tell whether there is a ds:Signature anywhere in the document, well placed or not."""
    return next(root.iter(_SIGNATURE), None) is not None


def verify_enveloped(root: Element, public_keys_der: Iterable[bytes], *, allow_sha1: bool = False) -> Element:
    """Verify the root's own signature with one of the keys; give the root of the bytes that were verified.

    The returned element is parsed from the canonical bytes whose digest was compared; comments and the signature are
    not in it. Nothing else of the document is to be used. Raises ProtocolError SIGNATURE_INVALID.
    """
    _refuse_duplicate_ids(root)
    copy = deepcopy(root)
    signature = read_signature(_only_signature(copy), copy.get("ID", ""), allow_sha1=allow_sha1)
    for key_info in signature.element.findall(_KEY_INFO):
        signature.element.remove(key_info)
    keys = [key for key in list(public_keys_der)[:_MOST_KEYS] if _fits(key, signature)]
    if not any(_signed_by(copy, signature, key) is True for key in keys):
        raise _invalid("no key of the metadata made this signature")
    return _verified_element(copy, signature)


def _signed_by(root: Element, signature: EnvelopedSignature, public_key_der: bytes) -> bool:
    """Tell whether this key made the signature; libxmlsec1 compares the digest too."""
    context = xmlsec.SignatureContext()
    context.key = _xmlsec_key(public_key_der)
    context.register_id(root, "ID")
    try:
        context.verify(signature.element)
    except xmlsec.Error:
        return False
    return True


def _verified_element(root: Element, signature: EnvelopedSignature) -> Element:
    remove_keeping_tail(signature.element)
    octets = canonical(root, signature.inclusive_prefixes)
    digest = new_hash(signature.digest_name, octets, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, signature.digest_value):
        raise _invalid("the digest is of other bytes")
    return parse(octets, METADATA)


def _only_signature(root: Element) -> Element:
    found = list(root.iter(_SIGNATURE))
    if len(found) != 1:
        raise _invalid(f"{len(found)} signatures; one is expected")
    signature = found[0]
    before = list(elements_of(root))[:2]
    issuer_first = before[0] is not signature and before[0].tag.endswith("}Issuer") and before[-1] is signature
    if signature.getparent() is not root or not (before[0] is signature or issuer_first):
        raise _invalid("the signature is not where it belongs")
    return signature


def _refuse_duplicate_ids(root: Element) -> None:
    seen: set[str] = set()
    for element in root.iter("*"):
        for name in _ID_NAMES:
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                raise _invalid("an ID appears twice")
            seen.add(value)


def _fits(public_key_der: bytes, signature: EnvelopedSignature) -> bool:
    try:
        return kind_of(read_public_key(public_key_der)) is signature.key_kind
    except KeyRefusedError:
        return False


@lru_cache(maxsize=1024)
def _xmlsec_key(public_key_der: bytes) -> xmlsec.Key:
    return xmlsec.Key.from_memory(public_key_der, xmlsec.constants.KeyDataFormatDer)


def remove_keeping_tail(element: Element) -> None:
    """Take an element out of its parent; the text behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _invalid(detail: str) -> ProtocolError:
    return ProtocolError(Code.SIGNATURE_INVALID, detail)
