"""Values as other products write them, made by the letter of their formats."""

import gzip
import json
import os
import struct
from base64 import b64encode, urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIOS_PASSPHRASE = "hoge"
SIOS_KEY = "UWLMBT6ABPEGDL25"
SIOS_VALUE = b"NmCO52yi2rj+ysfkxEEcML/O/aEHdymin3cWdnwUzFOMlxLZAWUwrYGNz2iOlP34K10UocSxc0EKxC7if4qXkw=="
"""The sample of the product's own manual."""


def datasealer(text: str, key: bytes, alias: str = "secret1", expires_ms: int = 0, prefix: bytes = b"") -> bytes:
    """Seal as Shibboleth's DataSealer."""
    name = alias.encode()
    chunk = text.encode()
    plain = gzip.compress(struct.pack(">q", expires_ms) + struct.pack(">H", len(chunk)) + chunk)
    nonce = os.urandom(16)
    return prefix + b64encode(struct.pack(">H", len(name)) + name + nonce + AESGCM(key).encrypt(nonce, plain, name))


def oath_jwe(secret: bytes, public_key: rsa.RSAPublicKey, kid: str) -> bytes:
    """Seal as OATH-LDAP: flattened, header without protection."""
    key, nonce = AESGCM.generate_key(256), os.urandom(12)
    closed = AESGCM(key).encrypt(nonce, secret, b"")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    fields = {
        "ciphertext": closed[:-16],
        "tag": closed[-16:],
        "iv": nonce,
        "encrypted_key": public_key.encrypt(key, oaep),
    }
    header = {"alg": "RSA-OAEP", "enc": "A256GCM", "kid": kid}
    texts = {name: _b64(value) for name, value in fields.items()}
    return json.dumps({**texts, "header": header}).encode()


def jwk(key: rsa.RSAPrivateKey, kid: str) -> str:
    """Write a private key as OATH-LDAP keeps it."""
    numbers = key.private_numbers()
    values = {
        "n": numbers.public_numbers.n,
        "e": numbers.public_numbers.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
    }
    texts = {name: _b64(value.to_bytes((value.bit_length() + 7) // 8, "big")) for name, value in values.items()}
    return json.dumps({"kty": "RSA", "kid": kid, **texts})


def _b64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
