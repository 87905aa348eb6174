"""Verify a signature over octets, as Redirect messages carry it (SAML Bindings 3.4.4.1)."""

from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.keys import KeyKind, KeyRefusedError, PublicKey, kind_of, read_public_key
from idp.xml.signature import read_method

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 (only for a service provider that was opted in)
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_MOST_KEYS = 20


def verify_octets(
    signed: bytes,
    algorithm_uri: str,
    signature: bytes,
    public_keys_der: Iterable[bytes],
    *,
    allow_sha1: bool = False,
) -> None:
    """Verify `signature` over `signed` with one of the keys; raises ProtocolError SIGNATURE_INVALID.

    RSA is PKCS #1 1.5; ECDSA is r and s of equal length (RFC 6931 2.3.6).
    """
    kind, hash_name = read_method(algorithm_uri, allow_sha1=allow_sha1)
    keys = _keys_of_kind(list(public_keys_der)[:_MOST_KEYS], kind)
    if not any(_signed_by(signed, signature, key, _HASHES[hash_name]) is True for key in keys):
        raise ProtocolError(Code.SIGNATURE_INVALID, "no key of the metadata made this signature")


def _signed_by(signed: bytes, signature: bytes, key: PublicKey, digest: hashes.HashAlgorithm) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, signed, PKCS1v15(), digest)
        else:
            key.verify(_dss(signature, key), signed, ECDSA(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _dss(signature: bytes, key: EllipticCurvePublicKey) -> bytes:
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise ValueError("not r and s of this curve")
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))


def _keys_of_kind(public_keys_der: list[bytes], kind: KeyKind) -> list[PublicKey]:
    keys = []
    for der in public_keys_der:
        try:
            key = read_public_key(der)
        except KeyRefusedError:
            continue
        if kind_of(key) is kind:
            keys.append(key)
    return keys
