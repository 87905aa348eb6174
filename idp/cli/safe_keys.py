"""Whether keys and certificates belong together and are strong enough (security.md K-02)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from idp.core.errors import Problem
from idp.settings.model import IdPSettings

SHORTEST_RSA_BITS = 2048
SOON = timedelta(days=30)

DEMO_ORGANIZATION = "Warifu demonstration"
"""Named in every certificate of the demo's CA, so that none of them is trusted elsewhere (security.md X-09)."""


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    key: Path
    certificate: Path
    signs_saml: bool


def find_key_problems(settings: IdPSettings, file: str) -> list[Problem]:
    """Give what is wrong with key pairs; files that cannot be read are somebody else's to tell."""
    demo = urlsplit(settings.site.base_url).hostname == "localhost"
    problems: list[Problem] = []
    for pair in _pairs(settings):
        problems += _judge(pair, file, demo=demo)
    return problems


def find_key_warnings(settings: IdPSettings, now: datetime) -> list[str]:
    """Give the certificates that have ended or soon will; what counts of a signing certificate is its key."""
    found = []
    for pair in _pairs(settings):
        certificate = _load_certificate(pair.certificate)
        if certificate is None:
            continue
        end = certificate.not_valid_after_utc
        if certificate.not_valid_before_utc > now:
            found.append(f"{pair.name}: {pair.certificate} is not valid before {certificate.not_valid_before_utc:%F}")
        if end < now:
            found.append(f"{pair.name}: {pair.certificate} has expired on {end:%F}")
        elif end - now < SOON:
            found.append(f"{pair.name}: {pair.certificate} expires on {end:%F}")
    return found


def _pairs(settings: IdPSettings) -> Iterator[_Pair]:
    for name, pairs in (("signing", settings.keys.signing), ("encryption", settings.keys.encryption)):
        for number, pair in enumerate(pairs):
            yield _Pair(f"keys.{name}[{number}]", pair.key, pair.certificate, signs_saml=True)
    listen = settings.listen
    if listen.tls_key is not None and listen.tls_certificate is not None:
        yield _Pair("listen.tls_key", listen.tls_key, listen.tls_certificate, signs_saml=False)
    sp = settings.confirmation
    if sp is not None:
        yield _Pair("confirmation.tls_key", sp.tls_key, sp.tls_certificate, signs_saml=False)
        yield _Pair("confirmation.signing", sp.signing.key, sp.signing.certificate, signs_saml=True)


def _judge(pair: _Pair, file: str, *, demo: bool) -> Iterator[Problem]:
    key, certificate = _load_key(pair.key), _load_certificate(pair.certificate)
    if key is None and pair.key.exists():
        yield Problem(file, pair.name, f"{pair.key} is not a PEM private key without a password", "Make a new pair")
    if certificate is None:
        yield Problem(
            file, pair.name, f"{pair.certificate} is not a PEM certificate", "Put the key's certificate there"
        )
    if key is not None:
        yield from _judge_strength(pair, key, file)
    if key is not None and certificate is not None and _spki(key.public_key()) != _spki(certificate.public_key()):
        yield Problem(file, pair.name, f"{pair.certificate} is of another key than {pair.key}", "Put the pair together")
    if certificate is not None and not demo and _is_of_demo(certificate):
        yield Problem(
            file, pair.name, f"{pair.certificate} is a demonstration's", "Everybody has its key: make your own"
        )


def _judge_strength(pair: _Pair, key: object, file: str) -> Iterator[Problem]:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SHORTEST_RSA_BITS:
            yield Problem(file, pair.name, f"{pair.key} has {key.key_size} bits", "Make one of 3072 bits")
    elif pair.signs_saml or not isinstance(key, ec.EllipticCurvePrivateKey):
        yield Problem(file, pair.name, f"{pair.key} is not an RSA key", "Make an RSA key of 3072 bits")


def _load_key(path: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None


def _load_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _spki(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_of_demo(certificate: x509.Certificate) -> bool:
    names = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(item.value == DEMO_ORGANIZATION for item in names)
