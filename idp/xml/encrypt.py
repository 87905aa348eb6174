"""Encrypt an element to a service provider's public key (XML Encryption 1.1, SAML Core 6.1)."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from idp.xml.algorithms import MGF1_SHA1, DataEncryption, KeyTransport, OAEPDigest
from idp.xml.keys import KeyRefusedError, read_public_key
from idp.xml.names import DS, XENC, XENC11
from idp.xml.write import Canonical, Element, branch, element

_TYPE_ELEMENT = "http://www.w3.org/2001/04/xmlenc#Element"
_ENCRYPTED_DATA = XENC.name("EncryptedData")
_ENCRYPTED_KEY = XENC.name("EncryptedKey")
_ENCRYPTION_METHOD = XENC.name("EncryptionMethod")
_CIPHER_DATA = XENC.name("CipherData")
_CIPHER_VALUE = XENC.name("CipherValue")
_KEY_INFO = DS.name("KeyInfo")
_DIGEST_METHOD = DS.name("DigestMethod")
_MGF = element(XENC11.name("MGF"), {"Algorithm": MGF1_SHA1})
# SHA-1 needs no collision resistance inside OAEP, and many service providers read nothing else (IIP-ALG06).
_MASK = padding.MGF1(hashes.SHA1())  # noqa: S303
_OAEP: Mapping[OAEPDigest, padding.OAEP] = {
    OAEPDigest.SHA1: padding.OAEP(_MASK, hashes.SHA1(), None),  # noqa: S303
    OAEPDigest.SHA256: padding.OAEP(_MASK, hashes.SHA256(), None),
}


@dataclass(frozen=True, slots=True)
class EncryptionChoice:
    """The key to encrypt to (DER, SubjectPublicKeyInfo, RSA of 2048 bits or more) and how."""

    public_key_der: bytes
    data_encryption: DataEncryption = DataEncryption.AES128_GCM
    key_transport: KeyTransport = KeyTransport.RSA_OAEP_MGF1P
    oaep_digest: OAEPDigest = OAEPDigest.SHA1


def is_usable_key(public_key_der: bytes) -> bool:
    """Tell whether we encrypt to this key: RSA of 2048 bits or more (security.md I-11)."""
    return _rsa_key(public_key_der) is not None


def encrypt_element(text: str, recipient: str, choice: EncryptionChoice) -> Element:
    """Give an xenc:EncryptedData that hides the element written in `text`, its key inline for `recipient`.

    Session key and initialization vector are fresh each time. Raises ValueError if the key is not usable.
    """
    public_key = _rsa_key(choice.public_key_der)
    if public_key is None:
        raise ValueError("not a key to encrypt to")
    session_key = secrets.token_bytes(choice.data_encryption.key_bytes)
    hidden = _encrypt(text.encode("utf-8"), session_key, choice.data_encryption)
    encrypted_key = element(
        _ENCRYPTED_KEY,
        {"Recipient": recipient},
        _key_method(choice.key_transport, choice.oaep_digest),
        _cipher_data(public_key.encrypt(session_key, _OAEP[choice.oaep_digest])),
    )
    return element(
        _ENCRYPTED_DATA,
        {"Type": _TYPE_ELEMENT},
        _data_method(choice.data_encryption),
        element(_KEY_INFO, None, encrypted_key),
        _cipher_data(hidden),
    )


@cache
def _data_method(algorithm: DataEncryption) -> Canonical:
    return branch(element(_ENCRYPTION_METHOD, {"Algorithm": algorithm.value}), XENC)


@cache
def _key_method(transport: KeyTransport, oaep_digest: OAEPDigest) -> Canonical:
    digest = element(_DIGEST_METHOD, {"Algorithm": oaep_digest.value})
    mask = _MGF if transport is KeyTransport.RSA_OAEP else None
    return branch(element(_ENCRYPTION_METHOD, {"Algorithm": transport.value}, digest, mask), XENC, DS)


def _cipher_data(octets: bytes) -> Element:
    value = Canonical(base64.b64encode(octets).decode("ascii"))
    return element(_CIPHER_DATA, None, element(_CIPHER_VALUE, None, value))


def _encrypt(plain: bytes, session_key: bytes, algorithm: DataEncryption) -> bytes:
    if algorithm.is_cbc:
        return _encrypt_cbc(plain, session_key)
    vector = secrets.token_bytes(12)
    return vector + AESGCM(session_key).encrypt(vector, plain, None)


def _encrypt_cbc(plain: bytes, session_key: bytes) -> bytes:
    # XML Encryption 1.1, 5.2: one to sixteen bytes of padding, the last of them is their number.
    missing = 16 - len(plain) % 16
    vector = secrets.token_bytes(16)
    encryptor = Cipher(AES(session_key), modes.CBC(vector)).encryptor()
    padded = plain + secrets.token_bytes(missing - 1) + bytes([missing])
    return vector + encryptor.update(padded) + encryptor.finalize()


def _rsa_key(public_key_der: bytes) -> rsa.RSAPublicKey | None:
    try:
        key = read_public_key(public_key_der)
    except KeyRefusedError:
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None
