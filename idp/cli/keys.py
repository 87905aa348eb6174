"""Fresh keys for a new site, each in a file of its own that only its owner reads."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SIGNING_KEY_BITS = 2048
SIGNING_CERTIFICATE_YEARS = 10


def write_private(file: Path, content: bytes) -> bool:
    """Write a file with mode 0600; False, and nothing is changed, if there is one already."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    return True


def write_random_key(file: Path) -> bool:
    """Write 32 random bytes, as hexadecimal; False if the file stands already."""
    return write_private(file, secrets.token_hex(32).encode() + b"\n")


def write_signing_pair(key_file: Path, certificate_file: Path, entity_id: str, now: datetime) -> bool:
    """Write an RSA key and its self-signed certificate (IIP-G03: what counts is the key); False if the key stands."""
    if key_file.exists():
        return False
    key = rsa.generate_private_key(public_exponent=65537, key_size=SIGNING_KEY_BITS)
    host = entity_id.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0][:64] or "idp"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * SIGNING_CERTIFICATE_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate_file.parent.mkdir(parents=True, exist_ok=True)
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return True
