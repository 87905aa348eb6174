"""Whose a certificate is: what it says, looked for in the directory, must be one entry's alone (security.md R-14).

The common name is never asked. Two values of the kind asked for are none.
"""

from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from idp.plugin import People, Subject
from plugins.clientcert.settings import Match

UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
LONGEST_VALUE = 256
_UTF8_STRING = 0x0C


def find_owner(
    certificate: x509.Certificate, match: Match, attribute: str, claimed: Subject, people: People
) -> Subject | None:
    """Give the one entry that the certificate belongs to; None for none or several. Raises DependencyError.

    `claimed` is looked at where the certificate itself stands on the entry.
    """
    if match == "certificate":
        der = certificate.public_bytes(Encoding.DER)
        return claimed if people.holds(claimed, attribute, der) else None
    if match == "hash":
        return people.find_by(attribute, certificate.fingerprint(hashes.SHA256()).hex().encode())
    values = list(READERS[match](certificate))
    if len(values) != 1 or not _is_plain(values[0]):
        return None
    return people.find_by(attribute, values[0].encode("utf-8"))


def _mails(certificate: x509.Certificate) -> Iterator[str]:
    for name in _alternative_names(certificate):
        if isinstance(name, x509.RFC822Name):
            yield name.value


def _principal_names(certificate: x509.Certificate) -> Iterator[str]:
    for name in _alternative_names(certificate):
        if isinstance(name, x509.OtherName) and name.type_id == UPN:
            yield _utf8(name.value)


def _serials(certificate: x509.Certificate) -> Iterator[str]:
    for each in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
        yield each.value if isinstance(each.value, str) else ""


READERS: dict[Match, Callable[[x509.Certificate], Iterator[str]]] = {
    "mail": _mails,
    "upn": _principal_names,
    "serial": _serials,
}


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | tuple[()]:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()


def _utf8(der: bytes) -> str:
    """Read a UTF8String of less than 128 octets; empty for anything else."""
    if len(der) < 2 or der[0] != _UTF8_STRING or der[1] != len(der) - 2 or der[1] > 0x7F:
        return ""
    return der[2:].decode("utf-8", "replace")


def _is_plain(value: str) -> bool:
    """Say whether it is text that a person could have been given: no NUL, nothing unseen, no blanks around it."""
    return 0 < len(value) <= LONGEST_VALUE and value.isprintable() and value == value.strip() and "�" not in value
