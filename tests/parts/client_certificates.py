"""A certificate authority for people, as good or as bad as a test wants it, and its lists of what it has revoked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extensions = Sequence[tuple[x509.ExtensionType, bool]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with its key, as a browser has them."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def write(self, file: Path, *above: "ClientCA") -> Path:
        """Write key, certificate and what stands above it into one PEM file."""
        file.touch(mode=0o600)
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = b"".join(each.certificate.public_bytes(Encoding.PEM) for each in above)
        file.write_bytes(key + self.pem + chain)
        return file


@dataclass(frozen=True, slots=True)
class ClientCA:
    """One authority; `now` is the middle of what it issues."""

    certificate: x509.Certificate
    key: Key
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def file(self, path: Path) -> Path:
        """Write the certificate as PEM."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def issue(
        self,
        name: str = "alice",
        *names: x509.GeneralName,
        purposes: Sequence[x509.ObjectIdentifier] | None = CLIENT,
        digital_signature: bool = True,
        usage: bool = True,
        is_ca: bool = False,
        starts: datetime | None = None,
        ends: datetime | None = None,
        subject: Sequence[x509.NameAttribute[str]] = (),
        extensions: Extensions = (),
        key: Key | None = None,
    ) -> Shown:
        """Issue a person's certificate; without `names` it says the e-mail address at the university."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        dn = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *subject])
        builder = _builder(dn, self.certificate.subject, key, starts or self.now - DAY, ends or self.now + 7 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(issuer_key, critical=False)
        found = names or (mail(f"{name}@example.ac.jp"),)
        builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
        if usage:
            builder = builder.add_extension(key_usage(digital_signature=digital_signature), critical=True)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return Shown(builder.sign(self.key, hashes.SHA256()), key)

    def intermediate(self, name: str, extensions: Extensions = ()) -> "ClientCA":
        """Issue another authority."""
        return make_client_ca(name, self.now, above=self, extensions=extensions)

    def crl(
        self,
        file: Path,
        *revoked: Shown,
        ends: datetime | None = None,
        signed_by: "ClientCA | None" = None,
        extensions: Extensions = (),
    ) -> Path:
        """Write the list of what is revoked; `signed_by` lies in this authority's name."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(self.now - 2 * DAY).next_update(ends or self.now + DAY)
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(self.now - DAY).build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        crl = builder.sign((signed_by or self).key, hashes.SHA256())
        file.parent.mkdir(parents=True, exist_ok=True)
        replacement = file.with_suffix(".new")
        replacement.write_bytes(crl.public_bytes(Encoding.PEM))
        replacement.rename(file)
        return file


def make_client_ca(
    name: str, now: datetime, *, above: ClientCA | None = None, extensions: Extensions = (), key: Key | None = None
) -> ClientCA:
    """Make an authority, below another or of its own."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    dn = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = above.certificate.subject if above else dn
    builder = _builder(dn, issuer, key, now - 30 * DAY, now + 30 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(key_usage(digital_signature=False, authority=True), critical=True)
    if above:
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key())
        builder = builder.add_extension(issuer_key, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return ClientCA(builder.sign(above.key if above else key, hashes.SHA256()), key, now)


def mail(address: str) -> x509.RFC822Name:
    """Give an e-mail address as alternative name; an authority may write what is none, too."""
    return x509.RFC822Name._init_without_validation(address)


def principal(name: str) -> x509.OtherName:
    """Give a user principal name as alternative name."""
    value = name.encode()
    return x509.OtherName(UPN, bytes((0x0C, len(value))) + value)


def key_usage(*, digital_signature: bool, authority: bool = False) -> x509.KeyUsage:
    """Give the key usage of a person or of an authority."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def authority_toml(ca: Path, *, name: str = "people", match: str = "mail", **more: object) -> str:
    """Give the table of an authority; `more` are further lines, values as in TOML."""
    lines = [f'name = "{name}"', f'ca = "{ca}"', f'match = "{match}"']
    lines += [f"{key} = {value}" for key, value in more.items()]
    return "\n".join(["[[plugins.clientcert.authorities]]", *lines, ""])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
