"""A service provider's identity for tests: a key, a self-signed certificate, metadata."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import ClassVar
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str = "sp", bits: int = 2048) -> rsa.RSAPrivateKey:
    """Give the RSA key of that name, made once per test session."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str = "sp", curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey:
    """Give the EC key of that name, made once per test session."""
    curves = {
        "secp192r1": ec.SECP192R1,
        "secp256r1": ec.SECP256R1,
        "secp384r1": ec.SECP384R1,
        "secp521r1": ec.SECP521R1,
    }
    return ec.generate_private_key(curves[curve]())


@cache
def certificate_for(key: PrivateKey, name: str = "sp", *, expired: bool = False) -> x509.Certificate:
    """Give a self-signed certificate; an expired one ended a year before the tests' own clock."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime(2020, 1, 1, tzinfo=UTC) if expired else datetime(2046, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(end - timedelta(days=3650)).not_valid_after(end).sign(key, hashes.SHA256())


def public_der(key: PrivateKey) -> bytes:
    """Give the public key as DER SubjectPublicKeyInfo, as ServiceProvider holds it."""
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: PrivateKey) -> bytes:
    """Give the private key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_descriptor(certificate: x509.Certificate, use: str | None = None, methods: Sequence[str] = ()) -> str:
    """Write one md:KeyDescriptor; `use` None writes none, which means both."""
    body = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    attribute = f' use="{use}"' if use else ""
    algorithms = "".join(f'<md:EncryptionMethod Algorithm="{method}"/>' for method in methods)
    return (
        f"<md:KeyDescriptor{attribute}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate>"
        f"</ds:X509Data></ds:KeyInfo>{algorithms}</md:KeyDescriptor>"
    )


@dataclass(frozen=True)
class Acs:
    """One md:AssertionConsumerService; `is_default` is written as it stands ("true", "0", ...)."""

    location: str
    index: int | str = 0
    binding: str = POST
    is_default: str | None = None

    def xml(self) -> str:
        default = "" if self.is_default is None else f' isDefault="{self.is_default}"'
        return (
            f'<md:AssertionConsumerService Binding="{self.binding}" Location={quoteattr(self.location)}'
            f' index="{self.index}"{default}/>'
        )


@dataclass(frozen=True)
class Slo:
    """One md:SingleLogoutService."""

    location: str
    binding: str = REDIRECT
    response_location: str | None = None

    @property
    def answered_at(self) -> str:
        return self.response_location or self.location

    def xml(self) -> str:
        answers = f" ResponseLocation={quoteattr(self.response_location)}" if self.response_location else ""
        return f'<md:SingleLogoutService Binding="{self.binding}" Location={quoteattr(self.location)}{answers}/>'


@dataclass(frozen=True)
class TestSP:
    """A service provider: who it is, where it listens, what it signs and decrypts with.

    `TestSP()` is always the same one; another `name` is another service provider with another key.
    """

    __test__: ClassVar[bool] = False

    name: str = "sp"
    entity_id: str = ""
    acs: str = ""
    key: PrivateKey = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        host = f"https://{self.name}.example.org"
        object.__setattr__(self, "entity_id", self.entity_id or f"{host}/shibboleth")
        object.__setattr__(self, "acs", self.acs or f"{host}/Shibboleth.sso/SAML2/POST")
        object.__setattr__(self, "key", self.key or rsa_key(self.name))

    @property
    def certificate(self) -> x509.Certificate:
        """The self-signed certificate of `key`."""
        return certificate_for(self.key, self.name)

    @property
    def public_key_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return public_der(self.key)

    @property
    def key_pem(self) -> bytes:
        """The private key, PEM (for xmlsec, pysaml2 or a file)."""
        return private_pem(self.key)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def metadata(
        self,
        *,
        acs: Sequence[Acs] | None = None,
        slo: Sequence[Slo] = (),
        keys: Sequence[str] | None = None,
        authn_requests_signed: bool | str | None = None,
        want_assertions_signed: bool | str | None = None,
        name_id_formats: Sequence[str] = (),
        encryption_methods: Sequence[str] = (),
        entity_categories: Sequence[str] = (),
        subject_id_requirement: str | None = None,
        requested_attributes: Sequence[tuple[str, bool]] = (),
        signing_methods: Sequence[str] = (),
        digest_methods: Sequence[str] = (),
        display_names: dict[str, str] | None = None,
        information_urls: dict[str, str] | None = None,
        privacy_urls: dict[str, str] | None = None,
        registration_authority: str | None = None,
        valid_until: datetime | str | None = None,
        cache_duration: str | None = None,
        protocols: str = "urn:oasis:names:tc:SAML:2.0:protocol",
        extensions: str = "",
        role_extensions: str = "",
        declaration: bool = True,
    ) -> bytes:
        """Write the EntityDescriptor.

        `keys` are ready md:KeyDescriptor texts (see `key_descriptor`); the default is one of this key without `use`.
        `requested_attributes` are pairs (Name, isRequired). `extensions` stand in the entity's md:Extensions,
        `role_extensions` in the role's, as they are. `declaration=False` leaves out the XML declaration, to put the
        text inside an EntitiesDescriptor.
        """
        endpoints = [Acs(self.acs, is_default="true")] if acs is None else acs
        descriptors = [key_descriptor(self.certificate, methods=encryption_methods)] if keys is None else keys
        role = "".join(
            [
                f'<md:SPSSODescriptor protocolSupportEnumeration="{protocols}"',
                _boolean("AuthnRequestsSigned", authn_requests_signed),
                _boolean("WantAssertionsSigned", want_assertions_signed),
                ">",
                _extensions(_ui_info(display_names, information_urls, privacy_urls) + role_extensions),
                *descriptors,
                *(item.xml() for item in slo),
                *(f"<md:NameIDFormat>{name}</md:NameIDFormat>" for name in name_id_formats),
                *(item.xml() for item in endpoints),
                _requested(requested_attributes),
                "</md:SPSSODescriptor>",
            ]
        )
        if isinstance(valid_until, datetime):
            valid_until = valid_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entity_extensions = (
            _registration(registration_authority)
            + "".join(f'<alg:DigestMethod Algorithm="{uri}"/>' for uri in digest_methods)
            + "".join(f'<alg:SigningMethod Algorithm="{uri}"/>' for uri in signing_methods)
            + _entity_attributes(entity_categories, subject_id_requirement)
            + extensions
        )
        text = (
            ('<?xml version="1.0" encoding="UTF-8"?>\n' if declaration else "")
            + f"<md:EntityDescriptor {_NAMESPACES} entityID={quoteattr(self.entity_id)}"
            + (f' validUntil="{valid_until}"' if valid_until else "")
            + (f' cacheDuration="{cache_duration}"' if cache_duration else "")
            + f">{_extensions(entity_extensions)}{role}</md:EntityDescriptor>"
        )
        return text.encode()


_NAMESPACES = (
    'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"'
    ' xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi"'
    ' xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport"'
)
_URI_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


def entities_descriptor(*children: bytes, valid_until: str | None = None, name: str | None = None) -> bytes:
    """Put EntityDescriptor (or EntitiesDescriptor) texts without XML declaration into an EntitiesDescriptor."""
    attributes = (f' validUntil="{valid_until}"' if valid_until else "") + (f' Name="{name}"' if name else "")
    return b"<md:EntitiesDescriptor %s%s>%s</md:EntitiesDescriptor>" % (
        _NAMESPACES.encode(),
        attributes.encode(),
        b"".join(children),
    )


def _boolean(name: str, value: bool | str | None) -> str:
    if value is None:
        return ""
    return f' {name}="{str(value).lower() if isinstance(value, bool) else value}"'


def _extensions(body: str) -> str:
    return f"<md:Extensions>{body}</md:Extensions>" if body else ""


def _registration(authority: str | None) -> str:
    return f"<mdrpi:RegistrationInfo registrationAuthority={quoteattr(authority)}/>" if authority else ""


def _localized(element: str, values: dict[str, str] | None) -> str:
    return "".join(
        f'<mdui:{element} xml:lang="{lang}">{text}</mdui:{element}>' for lang, text in (values or {}).items()
    )


def _ui_info(*values: dict[str, str] | None) -> str:
    names = ("DisplayName", "InformationURL", "PrivacyStatementURL")
    body = "".join(_localized(element, value) for element, value in zip(names, values, strict=True))
    return f"<mdui:UIInfo>{body}</mdui:UIInfo>" if body else ""


def _attribute(name: str, values: Sequence[str]) -> str:
    body = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}" NameFormat="{_URI_FORMAT}">{body}</saml:Attribute>'


def _entity_attributes(categories: Sequence[str], requirement: str | None) -> str:
    body = _attribute("http://macedir.org/entity-category", categories) if categories else ""
    if requirement is not None:
        body += _attribute("urn:oasis:names:tc:SAML:profiles:subject-id:req", [requirement])
    return f"<mdattr:EntityAttributes>{body}</mdattr:EntityAttributes>" if body else ""


def _requested(attributes: Sequence[tuple[str, bool]]) -> str:
    if not attributes:
        return ""
    body = "".join(
        f'<md:RequestedAttribute Name="{name}" NameFormat="{_URI_FORMAT}" isRequired="{str(required).lower()}"/>'
        for name, required in attributes
    )
    return (
        '<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">Service</md:ServiceName>'
        f"{body}</md:AttributeConsumingService>"
    )
