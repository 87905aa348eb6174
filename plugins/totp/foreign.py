"""Secrets as other products keep them: Base32, raw bytes, Shibboleth's DataSealer, SIOS, OATH-LDAP.

An opener gives the secret of a stored value, or raises ValueError with a reason that shows nothing of it.
"""

import base64
import json
import re
import struct
import zlib
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from idp.plugin import Secret

SHORTEST_KEY_BYTES = 10
"""80 bits: keys of older generators still verify; shorter ones are refused."""
LONGEST_KEY_BYTES = 128
_LONGEST_VALUE = 16_384
_SIOS_SALT_BYTES = 32
_SIOS_ROUNDS = (15_000, 1_500)
"""Its tool's number, and the one its sample configuration reads."""
_NODE_PREFIX = re.compile(rb"PXR5.{10}", re.DOTALL)
_KEY_LINE = re.compile(r"(?:([A-Za-z][\w.-]*):\s*)?([A-Za-z0-9+/=]+)")

Opener = Callable[[bytes], Secret]


class Form(StrEnum):
    """How a stored value holds its secret."""

    BASE32 = "base32"
    RAW = "raw"
    DATASEALER = "datasealer"
    SIOS = "sios"
    OATH_JWE = "oath-jwe"


def make_opener(form: Form, key: Secret | None, now: datetime, *, text: bool) -> Opener:
    """Give the opener of a form; raises ValueError when its key cannot be used or is missing.

    `text` says that values come from a file of text, where raw bytes stand as base64.
    """
    if form is Form.BASE32:
        return open_base32
    if form is Form.RAW:
        return _open_raw_text if text else _sized
    if key is None:
        raise ValueError(f"{form} needs its key: --key-file FILE")
    if form is Form.DATASEALER:
        keys = _sealer_keys(key)
        return lambda value: _open_datasealer(value, keys, now)
    if form is Form.SIOS:
        passphrase = Secret(key.reveal().rstrip(b"\r\n"))
        return lambda value: _open_sios(value, passphrase)
    private_key, kid = _rsa_key(key)
    return lambda value: _open_jwe(value, private_key, kid)


def open_base32(value: bytes) -> Secret:
    """Read a Base32 key as people copy it: spaces, dashes, lower case and missing padding are forgiven."""
    try:
        plain = "".join(value.decode("ascii").split()).replace("-", "").upper().rstrip("=")
        key = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (Base64Error, ValueError):
        key = b""
    if len(key) < SHORTEST_KEY_BYTES or len(key) > LONGEST_KEY_BYTES:
        raise ValueError(
            f"the key is not Base32 of {SHORTEST_KEY_BYTES} to {LONGEST_KEY_BYTES} bytes; copy it again from its source"
        ) from None
    return Secret(key)


def _sized(value: bytes) -> Secret:
    if not SHORTEST_KEY_BYTES <= len(value) <= LONGEST_KEY_BYTES:
        raise ValueError(f"the key has {len(value)} bytes, not {SHORTEST_KEY_BYTES} to {LONGEST_KEY_BYTES}")
    return Secret(value)


def _open_raw_text(value: bytes) -> Secret:
    return _sized(_base64(value))


def _open_datasealer(value: bytes, keys: Mapping[str, Secret], now: datetime) -> Secret:
    """Open what Shibboleth's `sealer.sh` wrote: alias, IV of 16 bytes, AES-GCM of gzip of expiry and text."""
    text = value.strip()
    sealed = _base64(text[14:] if _NODE_PREFIX.match(text) else text)
    alias, sealed = _take_utf(sealed)
    key = keys.get(alias.decode("utf-8", "replace")) or keys.get("")
    if key is None:
        raise ValueError("it is sealed with a key that the key file does not have")
    try:
        packed = AESGCM(key.reveal()).decrypt(sealed[:16], sealed[16:], alias)
        plain = zlib.decompressobj(31).decompress(packed, _LONGEST_VALUE)
        (expires,) = struct.unpack_from(">q", plain)
    except (InvalidTag, ValueError, zlib.error, struct.error):
        raise ValueError("it does not open with this key") from None
    if 0 < expires < now.timestamp() * 1000:
        raise ValueError("it was sealed until a moment that has passed")
    seed, rest = b"", plain[8:]
    while rest:
        chunk, rest = _take_utf(rest)
        seed += chunk
    return open_base32(seed)


def _open_sios(value: bytes, passphrase: Secret) -> Secret:
    """Open base64(AES-256-CBC(Base32) and salt); key and IV are derived from passphrase and salt."""
    sealed = _base64(value)
    closed, salt = sealed[:-_SIOS_SALT_BYTES], sealed[-_SIOS_SALT_BYTES:]
    if not closed or len(closed) % 16:
        raise ValueError("it is not a value of this product")
    for rounds in _SIOS_ROUNDS:
        derived = PBKDF2HMAC(hashes.SHA1(), 48, salt, rounds).derive(passphrase.reveal())  # noqa: S303 - their format
        decryptor = Cipher(algorithms.AES(derived[:32]), modes.CBC(derived[32:])).decryptor()
        unpadder = PKCS7(128).unpadder()
        try:
            padded = decryptor.update(closed) + decryptor.finalize()
            return open_base32(unpadder.update(padded) + unpadder.finalize())
        except ValueError:
            continue
    raise ValueError("it does not open with this passphrase")


def _open_jwe(value: bytes, private_key: rsa.RSAPrivateKey, kid: str) -> Secret:
    """Open a flattened JWE (RFC 7516 7.2.2) of RSA-OAEP and A256GCM; without one, raw bytes as they stand."""
    if not value.lstrip().startswith(b"{"):
        return _sized(value)
    try:
        parts = json.loads(value[:_LONGEST_VALUE])
        protected = str(parts.get("protected", ""))
        header = {**json.loads(_base64url(protected) or b"{}"), **parts.get("header", {})}
        fields = [_base64url(str(parts[name])) for name in ("encrypted_key", "iv", "ciphertext", "tag")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("it is not a flattened JWE") from None
    if (header.get("alg"), header.get("enc")) != ("RSA-OAEP", "A256GCM"):
        raise ValueError("it is not of RSA-OAEP and A256GCM")
    if kid and header.get("kid", kid) != kid:
        raise ValueError("it is sealed for another key than that of the key file")
    encrypted_key, nonce, ciphertext, tag = fields
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - RFC 7518 4.3
    try:
        return _sized(
            AESGCM(private_key.decrypt(encrypted_key, oaep)).decrypt(nonce, ciphertext + tag, protected.encode())
        )
    except (InvalidTag, ValueError):
        raise ValueError("it does not open with this key") from None


def _sealer_keys(file: Secret) -> dict[str, Secret]:
    """Read AES keys, one a line: base64 or hexadecimal, after `alias:` if there are several."""
    keys: dict[str, Secret] = {}
    for line in file.reveal().decode("ascii", "replace").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = _KEY_LINE.fullmatch(line.strip())
        key = _key_bytes(match.group(2)) if match else b""
        if match is None or len(key) not in (16, 24, 32):
            raise ValueError("the key file does not hold AES keys in base64 or hexadecimal, one a line")
        keys[match.group(1) or ""] = Secret(key)
    if not keys:
        raise ValueError("the key file is empty")
    return keys


def _key_bytes(text: str) -> bytes:
    if len(text) in (32, 48, 64) and set(text.lower()) <= set("0123456789abcdef"):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except Base64Error:
        return b""


def _rsa_key(file: Secret) -> tuple[rsa.RSAPrivateKey, str]:
    """Read a private key, PEM or JWK (RFC 7518 6.3.2), and its name."""
    try:
        if file.reveal().lstrip().startswith(b"{"):
            jwk = json.loads(file.reveal())
            numbers = {name: int.from_bytes(_base64url(jwk[name]), "big") for name in ("n", "e", "d", "p", "q")}
            public = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
            p, q, d = numbers["p"], numbers["q"], numbers["d"]
            crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
            return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key(), str(jwk.get("kid", ""))
        key = load_pem_private_key(file.reveal(), password=None)
    except (ValueError, KeyError, TypeError):
        raise ValueError("the key file is no RSA private key, neither PEM nor JWK") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key file is no RSA private key")
    return key, ""


def _take_utf(data: bytes) -> tuple[bytes, bytes]:
    """Take a text as Java's writeUTF leaves it: two bytes of length, then the text."""
    length = int.from_bytes(data[:2], "big")
    if len(data) < 2 + length:
        raise ValueError("it is not a value of this product")
    return data[2 : 2 + length], data[2 + length :]


def _base64(value: bytes) -> bytes:
    if len(value) > _LONGEST_VALUE:
        raise ValueError("it is too long")
    try:
        return base64.b64decode(b"".join(value.split()), validate=True)
    except Base64Error:
        raise ValueError("it is not base64") from None


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
