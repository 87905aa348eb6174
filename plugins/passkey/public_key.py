"""Keys that are accepted, and signatures by them: ES256, EdDSA and RS256 (RFC 9053 2, RFC 8812 2), no others."""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey, EdDSA

from plugins.passkey.well_formed import is_well_formed

ALGORITHMS = (ES256.ALGORITHM, EdDSA.ALGORITHM, RS256.ALGORITHM)
"""COSE numbers, the preferred one first."""
RSA_OCTETS = range(256, 513)
"""The length of a modulus: 2048 bits at least, and not so long that it holds us up."""
_KEY_TYPE, _ALGORITHM, _CURVE, _X, _Y = 1, 3, -1, -2, -3
_MODULUS, _EXPONENT = -1, -2
UNUSABLE = (ValueError, KeyError, TypeError, IndexError, OverflowError)


class KeyRefusedError(ValueError):
    """A public key that is none of those accepted, or none at all."""


def verify_key(encoded: bytes) -> None:
    """Raise KeyRefusedError for a COSE key of another algorithm, type, curve or length, or off its curve."""
    key = _read(encoded)
    if not _IS_OF_ITS_KIND[key[_ALGORITHM]](key):
        raise KeyRefusedError("the key is not of its algorithm's kind and size")
    try:
        # Reading the key is a part of verifying: one that is no point of the curve is found out here.
        key.verify(b"", b"")
    except InvalidSignature:
        return
    except UNUSABLE as error:
        raise KeyRefusedError("the key cannot be used") from error
    raise KeyRefusedError("the key takes nothing for a signature")


def is_signed(encoded: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a message was signed with the private key of this public one."""
    try:
        _read(encoded).verify(message, signature)
    except (InvalidSignature, *UNUSABLE):
        return False
    return True


def _read(encoded: bytes) -> CoseKey:
    if not is_well_formed(encoded):
        raise KeyRefusedError("the key is no CBOR")
    read = cbor.decode(encoded)
    if not isinstance(read, Mapping):
        raise KeyRefusedError("the key is no map")
    algorithm = read.get(_ALGORITHM)
    if isinstance(algorithm, bool) or algorithm not in ALGORITHMS:
        raise KeyRefusedError("the key's algorithm is not accepted")
    return CoseKey.parse(read)


def _is_es256(key: CoseKey) -> bool:
    return (key.get(_KEY_TYPE), key.get(_CURVE)) == (2, 1) and _length(key.get(_X)) == _length(key.get(_Y)) == 32


def _is_eddsa(key: CoseKey) -> bool:
    return (key.get(_KEY_TYPE), key.get(_CURVE)) == (1, 6) and _length(key.get(_X)) == 32


def _is_rs256(key: CoseKey) -> bool:
    return (
        key.get(_KEY_TYPE) == 3 and _length(key.get(_MODULUS)) in RSA_OCTETS and _length(key.get(_EXPONENT)) in {3, 4}
    )


def _length(value: object) -> int:
    return len(value) if isinstance(value, bytes) else 0


_IS_OF_ITS_KIND: dict[int, Callable[[CoseKey], bool]] = {
    ES256.ALGORITHM: _is_es256,
    EdDSA.ALGORITHM: _is_eddsa,
    RS256.ALGORITHM: _is_rs256,
}
