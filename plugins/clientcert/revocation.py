"""Revocation by lists in files (RFC 5280 5, 6.3): signed by the issuer, of today, read again when a file changes."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from plugins.clientcert.settings import Revocation

BROKEN = frozenset({hashes.SHA1.name, hashes.MD5.name})
UNDERSTOOD = frozenset({x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid, x509.IssuingDistributionPoint.oid})


class Verdict(Enum):
    """What the lists say of a chain."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: tuple[int, int, int]
    crl: x509.CertificateRevocationList


class RevocationLists:
    """The files of one authority; a file that cannot be read any more is good for as long as its last content is."""

    def __init__(self, files: Sequence[Path], revocation: Revocation) -> None:
        self.files = tuple(files)
        self.revocation = revocation
        self._read: dict[Path, _Read] = {}

    def judge(self, chain: Sequence[x509.Certificate], now: datetime) -> Verdict:
        """Judge every certificate of a chain but the trusted one (security.md R-13, F-16).

        One that no current list speaks of is UNKNOWN where lists are required, and GOOD where they are "soft"; one that
        a list of its issuer names is REVOKED, however old the list.
        """
        if self.revocation == "off":
            return Verdict.GOOD
        found = [self._judge(each, issuer, now) for each, issuer in pairwise(chain)]
        if Verdict.REVOKED in found:
            return Verdict.REVOKED
        is_enough = self.revocation == "soft" or Verdict.UNKNOWN not in found
        return Verdict.GOOD if is_enough else Verdict.UNKNOWN

    def list_in(self, file: Path) -> x509.CertificateRevocationList | None:
        """Give what a file holds now, or held when it could last be read; None if it never could."""
        kept = self._read.get(file)
        with suppress(OSError, ValueError):
            state = file.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if kept is None or kept.stamp != stamp:
                kept = _Read(stamp, _load(file.read_bytes()))
                self._read[file] = kept
        return kept.crl if kept is not None else None

    def _judge(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Verdict:
        verdict = Verdict.UNKNOWN
        for crl in self._lists_of(issuer):
            if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                return Verdict.REVOKED
            if is_current(crl, now) and _speaks_of(crl, certificate):
                verdict = Verdict.GOOD
        return verdict

    def _lists_of(self, issuer: x509.Certificate) -> Iterator[x509.CertificateRevocationList]:
        for file in self.files:
            crl = self.list_in(file)
            if crl is not None and is_signed_by(crl, issuer):
                yield crl


def is_current(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    """Say whether a list is of today; one without an end is not (RFC 5280 5.1.2.5)."""
    ends = crl.next_update_utc
    return ends is not None and crl.last_update_utc <= now < ends


def is_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Say whether an authority made this list: name, right to sign lists, signature without SHA-1."""
    if crl.issuer != issuer.subject or not _may_sign_lists(issuer):
        return False
    algorithm = crl.signature_hash_algorithm
    if algorithm is not None and algorithm.name in BROKEN:
        return False
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _speaks_of(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Say whether silence of this list means something: it is complete, and for this kind of certificate."""
    if any(each.critical and each.oid not in UNDERSTOOD for each in crl.extensions):
        return False
    try:
        part = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    if part.only_some_reasons or part.indirect_crl or part.only_contains_attribute_certs:
        return False
    if part.only_contains_ca_certs if not _is_authority(certificate) else part.only_contains_user_certs:
        return False
    return not part.full_name or not set(part.full_name).isdisjoint(_points(certificate))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _points(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    """Give the names of the lists that a certificate says it is in; they are compared, never asked."""
    with suppress(x509.ExtensionNotFound):
        for point in certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value:
            yield from point.full_name or ()


def _load(data: bytes) -> x509.CertificateRevocationList:
    is_pem = data.lstrip().startswith(b"-----")
    crl = x509.load_pem_x509_crl(data) if is_pem else x509.load_der_x509_crl(data)
    _ = crl.extensions  # raises ValueError if they cannot be read
    return crl
