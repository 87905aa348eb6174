"""The authorities whose certificates are accepted, and the chain from one to a person's certificate (RFC 5280 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from idp.plugin import ConfigError, Problem
from plugins.clientcert.revocation import RevocationLists
from plugins.clientcert.settings import AuthoritySettings, Match

LONGEST_CHAIN = 4
"""How many authorities may stand between the trusted one and the person's certificate."""

SMALLEST_RSA_BITS = 2048
SMALLEST_EC_BITS = 256

Chain = Sequence[x509.Certificate]
"""The person's certificate first, the trusted one last."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One row of the configuration with its files read."""

    name: str
    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    lists: RevocationLists
    match: Match
    attribute: str

    def chain_of(self, leaf: x509.Certificate, sent: Chain, now: datetime) -> Chain | None:
        """Give a chain that holds at `now`; None if there is none.

        Signatures (SHA-1 never), dates, keys (RSA of 2048 bits or more), CA and path length, name constraints and
        critical extensions are looked at; no address in a certificate is ever asked (security.md R-12, R-13).
        """
        policy = PolicyBuilder().store(Store(list(self.anchors))).time(now).max_chain_depth(LONGEST_CHAIN)
        # What a person is called may stand in the subject alone.
        person = ExtensionPolicy.webpki_defaults_ee().may_be_present(
            x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
        )
        policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=person)
        try:
            chain = policy.build_client_verifier().verify(leaf, [*self.intermediates, *sent]).chain
        except VerificationError:
            return None
        return chain if all(map(_is_strong, chain)) else None


def load_authority(settings: AuthoritySettings) -> Authority:
    """Read an authority's files. Raises ConfigError."""
    if not settings.matched_attribute:
        where = f"plugins.clientcert.authorities ({settings.name})"
        raise ConfigError([Problem("idp.toml", where, "it does not say where the hash is kept", "Set attribute")])
    return Authority(
        settings.name,
        _read(settings.ca),
        _read(settings.intermediates) if settings.intermediates else (),
        RevocationLists(settings.crls, settings.revocation),
        settings.match,
        settings.matched_attribute,
    )


def _is_strong(certificate: x509.Certificate) -> bool:
    """Say whether a key is of a size that is not broken; of a person's own the library does not ask."""
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return key.key_size >= SMALLEST_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey) and (
        not isinstance(key, EllipticCurvePublicKey) or key.curve.key_size >= SMALLEST_EC_BITS
    )


def _read(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError) as error:
        what = f"holds no certificates that can be read ({getattr(error, 'strerror', None) or error})"
        raise ConfigError([Problem(str(file), "", what, "Give the authority's certificates as PEM")]) from error
