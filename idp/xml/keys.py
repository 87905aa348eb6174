"""Public keys that others use: which are fit for use (SDP-MD06, SDP-MD07; security.md A-24, A-59)."""

from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_RSA_BITS = range(2048, 8193)
_RSA_EXPONENT_BITS = 33
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


class KeyKind(StrEnum):
    """The two kinds of key that sign messages."""

    RSA = "rsa"
    EC = "ec"


class KeyRefusedError(ValueError):
    """A key that is not used; the text says why."""


@lru_cache(maxsize=4096)
def read_public_key(der: bytes) -> PublicKey:
    """Read a DER SubjectPublicKeyInfo.

    Raises KeyRefusedError for anything but RSA of 2048 to 8192 bits with a small exponent and the curves P-256,
    P-384, P-521.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError("not a public key that can be read") from error
    if isinstance(key, RSAPublicKey):
        return _checked_rsa(key)
    if isinstance(key, EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            raise KeyRefusedError(f"elliptic curve {key.curve.name}; P-256, P-384 and P-521 are accepted")
        return key
    raise KeyRefusedError("neither an RSA nor an elliptic curve key")


def kind_of(key: PublicKey) -> KeyKind:
    """Tell RSA from elliptic curve."""
    return KeyKind.RSA if isinstance(key, RSAPublicKey) else KeyKind.EC


def public_key_of_certificate(der: bytes) -> bytes:
    """Give the key of a certificate as DER SubjectPublicKeyInfo; nothing else in it is looked at (IIP-MD12).

    Raises KeyRefusedError as `read_public_key` does.
    """
    try:
        key = x509.load_der_x509_certificate(der).public_key()
        encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError("a certificate that cannot be read") from error
    read_public_key(encoded)
    return encoded


def public_key_of_pem(pem: bytes) -> bytes:
    """Give the key of a certificate or public key in PEM as DER SubjectPublicKeyInfo.

    Raises KeyRefusedError as `read_public_key` does.
    """
    try:
        if b"-----BEGIN CERTIFICATE-----" in pem:
            return public_key_of_certificate(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
        key = load_pem_public_key(pem)
        encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        if isinstance(error, KeyRefusedError):
            raise
        raise KeyRefusedError("neither a certificate nor a public key in PEM") from error
    read_public_key(encoded)
    return encoded


def public_key_of_numbers(modulus: bytes, exponent: bytes) -> bytes:
    """Give an RSA key of ds:RSAKeyValue as DER SubjectPublicKeyInfo; raises as `read_public_key` does."""
    if len(modulus) > _RSA_BITS.stop // 8 + 1 or len(exponent) > _RSA_EXPONENT_BITS // 8 + 1:
        raise KeyRefusedError("an RSA key that is too long")
    numbers = RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    try:
        encoded = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as error:
        raise KeyRefusedError("not an RSA key") from error
    read_public_key(encoded)
    return encoded


def _checked_rsa(key: RSAPublicKey) -> RSAPublicKey:
    if key.key_size not in _RSA_BITS:
        raise KeyRefusedError(f"RSA key of {key.key_size} bits; 2048 to 8192 are accepted")
    if key.public_numbers().e.bit_length() > _RSA_EXPONENT_BITS:
        raise KeyRefusedError("RSA key with a huge exponent")
    return key
