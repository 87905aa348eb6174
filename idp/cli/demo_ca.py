"""The demo's certificate authority; everything it issues says so, and nobody else trusts it (security.md X-09)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from idp.cli.keys import write_private
from idp.cli.safe_keys import DEMO_ORGANIZATION

SERVER_NAMES = ("localhost", "127.0.0.1", "::1", "idp.univ.test", "sp.other.test", gethostname())
LIFETIME = timedelta(days=365)
RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DemoCA:
    """An authority whose files are in `folder`: ca.pem, ca.key, ca.crl, server.pem, server.key."""

    folder: Path

    @property
    def certificate_file(self) -> Path:
        """What browsers and service providers are told to trust."""
        return self.folder / "ca.pem"

    @property
    def crl_file(self) -> Path:
        """Its list of revoked certificates, on which there is none."""
        return self.folder / "ca.crl"

    @property
    def server_certificate_file(self) -> Path:
        """The certificate of every listener of the demo."""
        return self.folder / "server.pem"

    @property
    def server_key_file(self) -> Path:
        """Its key."""
        return self.folder / "server.key"

    def prepare(self, now: datetime) -> bool:
        """Make what is missing or soon expires; True if the authority is new, so that what it issued is void."""
        is_new = not self._is_fresh(now)
        if is_new:
            self._make(now)
        self._write_crl(now)
        return is_new

    def _make(self, now: datetime) -> None:
        for file in (self.certificate_file, self.folder / "ca.key", self.server_certificate_file, self.server_key_file):
            file.unlink(missing_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Warifu demo CA")
        certificate = _sign(_builder(name, name, key, now, ca=True), key, key)
        write_private(self.folder / "ca.key", _pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        server_key, server = self._issue("localhost", _hosts(SERVER_NAMES), ExtendedKeyUsageOID.SERVER_AUTH, now)
        write_private(self.server_key_file, _pem(server_key))
        self.server_certificate_file.write_bytes(server.public_bytes(Encoding.PEM))

    def _write_crl(self, now: datetime) -> None:
        ca, key = self._signer()
        builder = x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
        builder = builder.last_update(now - timedelta(hours=1)).next_update(now + LIFETIME)
        self.crl_file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue_person(self, file: Path, name: str, mail: str, now: datetime) -> bytes:
        """Write a person's certificate with its key into one PEM file; gives the certificate, DER."""
        names = [x509.RFC822Name(mail)]
        key, certificate = self._issue(name, names, ExtendedKeyUsageOID.CLIENT_AUTH, now)
        file.unlink(missing_ok=True)
        write_private(file, certificate.public_bytes(Encoding.PEM) + _pem(key))
        return certificate.public_bytes(Encoding.DER)

    def _is_fresh(self, now: datetime) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(self.server_certificate_file.read_bytes())
        except (OSError, ValueError):
            return False
        return certificate.not_valid_after_utc - now > RENEWED_BEFORE and (self.folder / "ca.key").exists()

    def _issue(
        self, name: str, names: Sequence[x509.GeneralName], usage: ObjectIdentifier, now: datetime
    ) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        ca, ca_key = self._signer()
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), ca.subject, key, now, ca=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return key, _sign(builder, key, ca_key)

    def _signer(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        ca = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        ca_key = load_pem_private_key((self.folder / "ca.key").read_bytes(), password=None)
        if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
            raise TypeError("the demo's CA has an EC key")
        return ca, ca_key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, ca: bool
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    if key is not ca_key:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEMO_ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def _hosts(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_host(name) for name in dict.fromkeys(names)]


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
