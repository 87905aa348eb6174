"""AuthnRequests as service providers send them: built, signed, and put into a Redirect query or a POST body."""

import base64
import secrets
import zlib
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlencode
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.parts.service_provider import PrivateKey, TestSP, private_pem

NAMESPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def authn_request(
    sp: TestSP,
    *,
    destination: str | None = None,
    id: str | None = None,  # noqa: A002 (the attribute's own name)
    issue_instant: datetime | str | None = None,
    issuer: str | None = None,
    issuer_format: str | None = None,
    version: str = "2.0",
    acs_url: str | None = "",
    acs_index: int | str | None = None,
    protocol_binding: str | None = None,
    force_authn: bool | str | None = None,
    is_passive: bool | str | None = None,
    name_id_format: str | None = None,
    sp_name_qualifier: str | None = None,
    allow_create: bool | None = None,
    subject_name_id: str | None = None,
    authn_context_class_refs: tuple[str, ...] = (),
    comparison: str | None = None,
    attributes: str = "",
    extensions: str = "",
    body: str = "",
) -> bytes:
    """Write an unsigned AuthnRequest of `sp`; every text can be given, so that every rule can be broken.

    `acs_url` "" is the service provider's own, None leaves it out; with `acs_index` it is left out too unless named.
    `issue_instant` None is now. `issuer` is XML text as it stands; "" leaves the element out. `attributes` goes into
    the start tag, `extensions` into samlp:Extensions, `body` at the end, as they are.
    """
    if acs_url == "":
        acs_url = sp.acs if acs_index is None else None
    moment = issue_instant if issue_instant is not None else datetime.now(UTC)
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    start = "".join(
        [
            f'<samlp:AuthnRequest xmlns:samlp="{NAMESPACES["samlp"]}" xmlns:saml="{NAMESPACES["saml"]}"',
            _attribute("ID", id if id is not None else "_" + secrets.token_hex(16)),
            _attribute("Version", version),
            _attribute("IssueInstant", moment),
            _attribute("Destination", destination),
            _attribute("AssertionConsumerServiceURL", acs_url),
            _attribute("AssertionConsumerServiceIndex", acs_index),
            _attribute("ProtocolBinding", protocol_binding),
            _attribute("ForceAuthn", force_authn),
            _attribute("IsPassive", is_passive),
            f" {attributes}" if attributes else "",
            ">",
        ]
    )
    issuer_text = escape(sp.entity_id) if issuer is None else issuer
    form = f' Format="{issuer_format}"' if issuer_format else ""
    parts = [
        f"<saml:Issuer{form}>{issuer_text}</saml:Issuer>" if issuer_text else "",
        f"<samlp:Extensions>{extensions}</samlp:Extensions>" if extensions else "",
        _subject(subject_name_id),
        _name_id_policy(name_id_format, sp_name_qualifier, allow_create),
        _requested_authn_context(authn_context_class_refs, comparison),
        body,
    ]
    return (start + "".join(parts) + "</samlp:AuthnRequest>").encode()


def sign_enveloped(
    xml: bytes,
    key: PrivateKey,
    *,
    algorithm: str = RSA_SHA256,
    digest: str = SHA256,
    certificate_pem: bytes | None = None,
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE_C14N),
    position: int = 1,
    reference_uri: str | None = None,
) -> bytes:
    """Sign the root with python-xmlsec: ds:Signature as child number `position` (1: right after the Issuer).

    `reference_uri` None is "#" and the root's ID.
    """
    root = etree.fromstring(xml)
    uri = f"#{root.get('ID', '')}" if reference_uri is None else reference_uri
    root.insert(position, _template(uri, algorithm, digest, transforms, certificate_pem))
    signature = root[position]
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private_pem(key), xmlsec.KeyFormat.PEM)
    if certificate_pem:
        context.key.load_cert_from_memory(certificate_pem, xmlsec.KeyFormat.PEM)
    context.sign(signature)
    return etree.tostring(root)


def _template(
    uri: str, algorithm: str, digest: str, transforms: tuple[str, ...], certificate_pem: bytes | None
) -> "etree._Element":
    steps = "".join(f'<ds:Transform Algorithm="{step}"/>' for step in transforms)
    key_info = "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>" if certificate_pem else ""
    return etree.fromstring(
        f'<ds:Signature xmlns:ds="{NAMESPACES["ds"]}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"/><ds:SignatureMethod Algorithm="{algorithm}"/>'
        f'<ds:Reference URI="{uri}"><ds:Transforms>{steps}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
        f"<ds:SignatureValue/>{key_info}</ds:Signature>"
    )


def deflate(xml: bytes) -> str:
    """Compress and base64-encode for Redirect (SAML Bindings 3.4.4.1)."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(compressor.compress(xml) + compressor.flush()).decode()


def redirect_query(
    xml: bytes,
    *,
    relay_state: str | None = None,
    sign_with: PrivateKey | None = None,
    algorithm: str = RSA_SHA256,
    plus_for_space: bool = False,
    lowercase_hex: bool = False,
    field: str = "SAMLRequest",
) -> str:
    """Give the query string of a Redirect request, signed when a key is given; the two flags are other SPs' styles."""

    def encode(value: str) -> str:
        text = quote_plus(value) if plus_for_space else quote(value, safe="")
        if lowercase_hex:
            text = "".join(
                part if number == 0 else "%" + part[:2].lower() + part[2:]
                for number, part in enumerate(text.split("%"))
            )
        return text

    query = f"{field}=" + encode(deflate(xml))
    if relay_state is not None:
        query += "&RelayState=" + encode(relay_state)
    if sign_with is not None:
        query += "&SigAlg=" + encode(algorithm)
        query += "&Signature=" + encode(base64.b64encode(sign_octets(query.encode(), sign_with, algorithm)).decode())
    return query


def post_body(xml: bytes, *, relay_state: str | None = None, field: str = "SAMLRequest") -> bytes:
    """Give the application/x-www-form-urlencoded body of a POST request (SAML Bindings 3.5.4)."""
    fields = {field: base64.b64encode(xml).decode()}
    if relay_state is not None:
        fields["RelayState"] = relay_state
    return urlencode(fields).encode()


def sign_octets(octets: bytes, key: PrivateKey, algorithm: str) -> bytes:
    """Sign as Redirect does: RSA PKCS #1 v1.5, or ECDSA as r and s of equal length (RFC 6931 2.3.6)."""
    digest = _HASHES[algorithm.rsplit("-", 1)[1]]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), digest)
    r, s = decode_dss_signature(key.sign(octets, ec.ECDSA(digest)))
    size = (key.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None:
        return ""
    return f" {name}={quoteattr(str(value).lower() if isinstance(value, bool) else str(value))}"


def _subject(name_id: str | None) -> str:
    return f"<saml:Subject><saml:NameID>{name_id}</saml:NameID></saml:Subject>" if name_id else ""


def _name_id_policy(form: str | None, qualifier: str | None, allow_create: bool | None) -> str:
    if form is None and qualifier is None and allow_create is None:
        return ""
    attributes = (
        _attribute("Format", form) + _attribute("SPNameQualifier", qualifier) + _attribute("AllowCreate", allow_create)
    )
    return f"<samlp:NameIDPolicy{attributes}/>"


def _requested_authn_context(class_refs: tuple[str, ...], comparison: str | None) -> str:
    if not class_refs:
        return ""
    refs = "".join(f"<saml:AuthnContextClassRef>{ref}</saml:AuthnContextClassRef>" for ref in class_refs)
    return f"<samlp:RequestedAuthnContext{_attribute('Comparison', comparison)}>{refs}</samlp:RequestedAuthnContext>"
