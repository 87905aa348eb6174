"""The judgement of what a browser showed: None lets it count, anything else is the code of why not."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.plugin import CertificateEvidence, Code, Subject, Tools
from plugins.clientcert.authority import Authority, Chain
from plugins.clientcert.mapping import find_owner
from plugins.clientcert.revocation import Verdict

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def judge(
    evidence: CertificateEvidence, subject: Subject, authorities: Sequence[Authority], tools: Tools
) -> Code | None:
    """Say why a certificate does not prove that `subject` is there; None when it does. Raises DependencyError."""
    if not evidence.der:
        return Code.NO_CERTIFICATE
    leaf = _read(evidence.der)
    if leaf is None:
        return Code.CERTIFICATE_FOREIGN
    if not leaf.not_valid_before_utc <= tools.now <= leaf.not_valid_after_utc:
        return Code.CERTIFICATE_OUT_OF_DATE
    if not is_for_login(leaf):
        return Code.CERTIFICATE_NOT_FOR_LOGIN
    sent = [each for each in map(_read, evidence.issuer_chain_der) if each is not None]
    for authority in authorities:
        chain = authority.chain_of(leaf, sent, tools.now)
        if chain is not None:
            return _judge_trusted(chain, authority, subject, tools) or _proxys_word(evidence)
    return Code.CERTIFICATE_FOREIGN


def is_for_login(leaf: x509.Certificate) -> bool:
    """Say whether a certificate is made for a person to log in with: both usages must say so (security.md R-12).

    One without an extended key usage may be a server's or a signer's, and is refused.
    """
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature and ExtendedKeyUsageOID.CLIENT_AUTH in purposes and not _is_authority(leaf)


def _judge_trusted(chain: Chain, authority: Authority, subject: Subject, tools: Tools) -> Code | None:
    verdict = authority.lists.judge(chain, tools.now)
    if verdict is Verdict.REVOKED:
        return Code.CERTIFICATE_REVOKED
    if verdict is Verdict.UNKNOWN:
        tools.alarm(f"{authority.name}: no current list of revoked certificates for a chain of it; it is refused")
        return Code.REVOCATION_UNKNOWN
    owner = find_owner(chain[0], authority.match, authority.attribute, subject, tools.people)
    if owner is None:
        return Code.CERTIFICATE_OF_NOBODY
    return None if owner.id == subject.id else Code.CERTIFICATE_OF_ANOTHER


def _proxys_word(evidence: CertificateEvidence) -> Code | None:
    """What is right for us but was not for the proxy proves nothing (security.md R-11)."""
    return Code.CERTIFICATE_FOREIGN if evidence.doubted else None


def _is_authority(leaf: x509.Certificate) -> bool:
    try:
        return leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _read(der: bytes) -> x509.Certificate | None:
    """Read a certificate with all its parts; None for one that is not to be read to its end."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key())
    except UNREADABLE:
        return None
    return certificate
