"""Synthetic signed aggregates of any size, about 7.5 kB an entity; no two entities have a key in common."""

import base64
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml.etree import fromstring, tostring

from idp.xml.parse import METADATA, canonical, parse
from tests.parts.service_provider import ec_key, private_pem

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
AUTHORITY = "https://registrar.example.org"
CATEGORY = "http://refeds.org/category/research-and-scholarship"
LANGUAGES = ("en", "ja")


def entity_id(number: int) -> str:
    """Give the entityID of the entity of that number."""
    return f"https://sp{number:06}.example.org/shibboleth"


def write_aggregate(
    path: Path,
    entities: int,
    key: RSAPrivateKey,
    *,
    now: datetime,
    valid_for: timedelta = timedelta(days=7),
    mark: str = "",
) -> Path:
    """Write a signed EntitiesDescriptor; `mark` stands in the name of each entity.

    It is written in canonical form, so that its digest can be taken as it is written.
    """
    root = (
        f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_aggregate" Name="https://federation.example.org"'
        f' validUntil="{now + valid_for:%Y-%m-%dT%H:%M:%SZ}">\n'
    ).encode()
    extensions = (
        '<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi"'
        f' creationInstant="{now:%Y-%m-%dT%H:%M:%SZ}" publisher="https://federation.example.org">'
        "</mdrpi:PublicationInfo></md:Extensions>\n"
    ).encode()
    digest = hashlib.sha256()
    body = path.with_name(path.name + ".body")
    with body.open("wb") as stream:
        stream.write(extensions)
        for part in _entities(entities, mark):
            stream.write(part)
        stream.write(b"</md:EntitiesDescriptor>")
    digest.update(root)
    with body.open("rb") as stream, path.open("wb") as out:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
        out.write(root + _signature(digest.digest(), key))
        stream.seek(0)
        while chunk := stream.read(1 << 20):
            out.write(chunk)
    body.unlink()
    return path


def _signature(digest: bytes, key: RSAPrivateKey) -> bytes:
    signed_info = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">'
        "</ds:CanonicalizationMethod>"
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
        '<ds:Reference URI="#_aggregate"><ds:Transforms>'
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>'
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
        f"<ds:DigestValue>{base64.b64encode(digest).decode()}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
    value = base64.b64encode(key.sign(signed_info.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return (
        f'<ds:Signature xmlns:ds="{DS}">{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>'
    ).encode()


def _entities(count: int, mark: str) -> Iterator[bytes]:
    template = _template()
    certificate, at, length = _certificate()
    chance = random.Random(7)  # the same aggregate each time
    for number in range(count):
        modulus = bytearray(chance.randbytes(length))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        own = base64.b64encode(certificate[:at] + bytes(modulus) + certificate[at + length :])
        text = template.replace(b"@CERTIFICATE@", own).replace(b"@NUMBER@", b"%06d" % number)
        yield text.replace(b"@MARK@", mark.encode()) + b"\n"


@cache
def _certificate() -> tuple[bytes, int, int]:
    """Give a certificate, and where its modulus stands: with another modulus it is another key's (IIP-MD12)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sp.example.org")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    signed = (
        builder.not_valid_before(begin)
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(ec_key("aggregate"), hashes.SHA256())
    )
    der = signed.public_bytes(Encoding.DER)
    modulus = key.public_key().public_numbers().n.to_bytes(256, "big")
    return der, der.index(modulus), len(modulus)


@cache
def _template() -> bytes:
    """Give one entity in canonical form, below the aggregate's root."""
    frame = canonical(parse(_ENTITY.encode(), METADATA))
    start, end = b'<md:EntitiesDescriptor xmlns:md="%s">' % MD.encode(), b"</md:EntitiesDescriptor>"
    return frame.removeprefix(start).removesuffix(end)


def _localized(element: str, text: str) -> str:
    return "".join(f'<{element} xml:lang="{language}">{text}</{element}>' for language in LANGUAGES)


_KEYS = (
    '<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:KeyName>sp@NUMBER@.example.org</ds:KeyName><ds:X509Data>'
    "<ds:X509SubjectName>CN=sp@NUMBER@.example.org</ds:X509SubjectName>"
    "<ds:X509Certificate>@CERTIFICATE@</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>"
)
_METHODS = "".join(
    f'<md:EncryptionMethod Algorithm="{uri}"/>'
    for uri in (
        "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    )
)
_BINDINGS = ("HTTP-POST", "HTTP-POST-SimpleSign", "HTTP-Artifact", "PAOS")
_ENTITY = (
    f'<md:EntitiesDescriptor xmlns:md="{MD}" xmlns:ds="{DS}" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"'
    ' xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute"'
    ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport">'
    '<md:EntityDescriptor entityID="https://sp@NUMBER@.example.org/shibboleth">\n<md:Extensions>'
    f'<mdrpi:RegistrationInfo registrationAuthority="{AUTHORITY}" registrationInstant="2020-01-01T00:00:00Z">'
    + _localized("mdrpi:RegistrationPolicy", "https://registrar.example.org/policy/2020")
    + '</mdrpi:RegistrationInfo><mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category"'
    f' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue>{CATEGORY}'
    "</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>"
    '<alg:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    '<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/></md:Extensions>\n'
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\n<md:Extensions>'
    "<mdui:UIInfo>"
    + _localized("mdui:DisplayName", "Service @NUMBER@ @MARK@")
    + _localized("mdui:Description", "A service for research and education, number @NUMBER@ of many in a federation")
    + _localized("mdui:InformationURL", "https://sp@NUMBER@.example.org/information/about.html")
    + _localized("mdui:PrivacyStatementURL", "https://sp@NUMBER@.example.org/privacy/statement.html")
    + '<mdui:Logo height="60" width="80">https://sp@NUMBER@.example.org/logo.png</mdui:Logo>'
    "</mdui:UIInfo></md:Extensions>\n"
    + _KEYS.format(use="signing", methods="")
    + "\n"
    + _KEYS.format(use="encryption", methods=_METHODS)
    + "\n"
    + "".join(
        f'<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}"'
        f' Location="https://sp@NUMBER@.example.org/Shibboleth.sso/SLO/{binding}"/>\n'
        for binding in ("SOAP", "HTTP-Redirect", "HTTP-POST")
    )
    + "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>\n"
    + "".join(
        f'<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}" index="{index}"'
        f' Location="https://sp@NUMBER@.example.org/Shibboleth.sso/SAML2/{binding}"/>\n'
        for index, binding in enumerate(_BINDINGS, 1)
    )
    + '<md:AttributeConsumingService index="1">'
    + _localized("md:ServiceName", "Service @NUMBER@")
    + "".join(
        f'<md:RequestedAttribute FriendlyName="{name}" Name="urn:oid:{oid}" isRequired="true"'
        ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"/>\n'
        for name, oid in (("mail", "0.9.2342.19200300.100.1.3"), ("eduPersonPrincipalName", "1.3.6.1.4.1.5923.1.1.1.6"))
    )
    + "</md:AttributeConsumingService></md:SPSSODescriptor>\n<md:Organization>"
    + _localized("md:OrganizationName", "University @NUMBER@")
    + _localized("md:OrganizationDisplayName", "University @NUMBER@")
    + _localized("md:OrganizationURL", "https://sp@NUMBER@.example.org/")
    + "</md:Organization>"
    + "".join(
        f'<md:ContactPerson contactType="{kind}"><md:GivenName>Help</md:GivenName>'
        "<md:EmailAddress>mailto:help@sp@NUMBER@.example.org</md:EmailAddress></md:ContactPerson>\n"
        for kind in ("technical", "support", "administrative")
    )
    + "</md:EntityDescriptor></md:EntitiesDescriptor>"
)


def sign(document: bytes, key: RSAPrivateKey, *, method: str = "rsa-sha256", prefixes: tuple[str, ...] = ()) -> bytes:
    """Sign the root of a document as libxmlsec1 does it; the root has an ID, or is given one."""
    root = fromstring(document)
    root.set("ID", root.get("ID", "_signed"))
    algorithm = {"rsa-sha256": xmlsec.constants.TransformRsaSha256, "rsa-sha1": xmlsec.constants.TransformRsaSha1}
    signature = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, algorithm[method], ns="ds")
    digest = xmlsec.constants.TransformSha256 if method == "rsa-sha256" else xmlsec.constants.TransformSha1
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{root.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    exclusive = xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    if prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(exclusive, list(prefixes))
    root.insert(0, signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private_pem(key), xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID")
    context.sign(signature)
    return tostring(root)
