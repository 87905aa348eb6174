"""Decrypt the one thing that may come encrypted: the name in a LogoutRequest that is verified (security.md L-06).

XML Encryption 1.1 with nothing of it that could be made to work for somebody: the key inline and wrapped by RSA-OAEP,
the data inline and under GCM. No reference, no transform, no RetrievalMethod, no CBC, at most 64 kB.
"""

import binascii
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from idp.core.codes import Code
from idp.core.errors import ConfigError, Problem, ProtocolError
from idp.core.secret import Secret
from idp.xml.algorithms import MGF1_SHA1, DataEncryption, KeyTransport, OAEPDigest
from idp.xml.names import DS, XENC, XENC11
from idp.xml.parse import MESSAGE, Element, canonical, elements_of, parse, text_of

LARGEST_ENCRYPTED_OCTETS = 64 * 1024
_SMALLEST_BITS = 2048
_VECTOR_OCTETS = 12
_HASHES: dict[str, hashes.HashAlgorithm] = {
    OAEPDigest.SHA1: hashes.SHA1(),  # noqa: S303 (needs no collision resistance inside OAEP)
    OAEPDigest.SHA256: hashes.SHA256(),
}
_MASKS: dict[str, hashes.HashAlgorithm] = {
    MGF1_SHA1: hashes.SHA1(),  # noqa: S303
    "http://www.w3.org/2009/xmlenc11#mgf1sha256": hashes.SHA256(),
}
_CIPHERS = {each.value: each for each in DataEncryption if not each.is_cbc}


class DecryptionKey:
    """An RSA key that service providers encrypt to; `certificate_der` is published in metadata."""

    __slots__ = ("_private_key", "certificate_der")

    def __init__(self, private_key: rsa.RSAPrivateKey, certificate_der: bytes) -> None:
        self._private_key = private_key
        self.certificate_der = certificate_der

    @classmethod
    def from_pem(cls, key_pem: Secret, certificate_pem: bytes, *, file: str = "") -> "DecryptionKey":
        """Load a key and its certificate; `file` is named in the problem.

        Raises ConfigError for what cannot be read, a pair that does not match, any key but RSA of 2048 bits or more.
        """
        try:
            private_key = load_pem_private_key(key_pem.reveal(), password=None)
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            certified = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable(file, f"the key or its certificate cannot be read ({type(error).__name__})") from error
        if not isinstance(private_key, rsa.RSAPrivateKey) or private_key.key_size < _SMALLEST_BITS:
            raise _unusable(file, "the key is no RSA key of 2048 bits or more")
        if private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != certified:
            raise _unusable(file, "the certificate is not that of the key")
        return cls(private_key, certificate.public_bytes(Encoding.DER))

    def unwrap(self, wrapped: bytes, oaep: padding.OAEP) -> bytes | None:
        """Give the key inside; None for what was wrapped for another."""
        try:
            return self._private_key.decrypt(wrapped, oaep)
        except ValueError:
            return None


def decrypt_element(holder: Element, keys: Sequence[DecryptionKey]) -> Element:
    """Give the element hidden in `holder` (an EncryptedID), by whichever of the keys opens it (IIP-IDP19).

    Raises ProtocolError REQUEST_MALFORMED, the same whatever is wrong with what was hidden.
    """
    if len(canonical(holder)) > LARGEST_ENCRYPTED_OCTETS:
        raise _malformed("more than 64 kB encrypted")
    data, *beside = elements_of(holder)
    encrypted_key = _encrypted_key(data, beside)
    cipher = _CIPHERS.get(_method(data).get("Algorithm", ""))
    if data.tag != _xenc("EncryptedData") or cipher is None:
        raise _malformed("no data encrypted by AES-GCM")
    oaep, wrapped = _oaep(_method(encrypted_key)), _cipher_value(encrypted_key)
    hidden = _cipher_value(data)
    for key in keys:
        session_key = key.unwrap(wrapped, oaep)
        if session_key is not None and len(session_key) == cipher.key_bytes:
            return parse(_open(session_key, hidden), MESSAGE)
    raise _malformed("what no key of ours opens")


def _encrypted_key(data: Element, beside: list[Element]) -> Element:
    """Give the one EncryptedKey, in the KeyInfo or beside the data (SAML Core 2.2.4)."""
    key_info = _only(data, f"{{{DS.uri}}}KeyInfo", optional=bool(beside))
    inside = list(elements_of(key_info)) if key_info is not None else []
    found = [each for each in (*inside, *beside) if each.tag == _xenc("EncryptedKey")]
    if len(found) != 1 or len(inside) + len(beside) != 1:
        raise _malformed("not one key, inline")
    return found[0]


def _oaep(method: Element) -> padding.OAEP:
    """Read RSA-OAEP under either name (conformance.md IIP-ALG06); parameters are not taken."""
    transport = method.get("Algorithm", "")
    inside = {each.tag: each.get("Algorithm", "") for each in elements_of(method)}
    digest = inside.pop(f"{{{DS.uri}}}DigestMethod", OAEPDigest.SHA1.value)
    mask = inside.pop(f"{{{XENC11.uri}}}MGF", MGF1_SHA1) if transport == KeyTransport.RSA_OAEP else MGF1_SHA1
    if transport not in set(KeyTransport) or inside or digest not in _HASHES or mask not in _MASKS:
        raise _malformed("a key wrapped in another way than RSA-OAEP")
    return padding.OAEP(padding.MGF1(_MASKS[mask]), _HASHES[digest], None)


def _open(session_key: bytes, hidden: bytes) -> bytes:
    try:
        return AESGCM(session_key).decrypt(hidden[:_VECTOR_OCTETS], hidden[_VECTOR_OCTETS:], None)
    except (InvalidTag, ValueError) as error:
        raise _malformed("what no key of ours opens") from error


def _method(element: Element) -> Element:
    return _one(element, _xenc("EncryptionMethod"))


def _cipher_value(element: Element) -> bytes:
    """Give the octets that stand there; a CipherReference, and with it every transform, is refused unread."""
    data = _one(element, _xenc("CipherData"))
    if [each.tag for each in elements_of(data)] != [_xenc("CipherValue")]:
        raise _malformed("no CipherValue")
    try:
        return binascii.a2b_base64("".join(text_of(data[0]).split()), strict_mode=True)
    except ValueError as error:
        raise _malformed("a CipherValue that is not base64") from error


def _one(parent: Element, tag: str) -> Element:
    found = _only(parent, tag, optional=False)
    if found is None:
        raise _malformed(f"no {tag}")
    return found


def _only(parent: Element, tag: str, *, optional: bool) -> Element | None:
    found = list(elements_of(parent, tag))
    if len(found) > 1 or not (found or optional):
        raise _malformed(f"not one {tag}")
    return found[0] if found else None


def _xenc(name: str) -> str:
    return f"{{{XENC.uri}}}{name}"


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, f"encrypted: {detail}")


def _unusable(file: str, what: str) -> ConfigError:
    remedy = "Give an RSA key of 2048 bits or more in PEM, with its own certificate"
    return ConfigError([Problem(file, "keys.encryption", what, remedy)])
