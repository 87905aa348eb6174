"""Other implementations read what we send: signxml and xmlsec verify, xmlsec decrypts; nothing of `idp` is used.

`read_response` takes a Response as a strict service provider would and gives what it says. It raises JudgementError (or
the library's own error) when a signature is missing or does not fit, and AssertionError never.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import xmlsec
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
}
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


class JudgementError(Exception):
    """A Response that a strict service provider would refuse."""


@dataclass(frozen=True, slots=True)
class JudgedNameID:
    """A name identifier as the service provider reads it."""

    value: str
    format: str | None
    name_qualifier: str | None
    sp_name_qualifier: str | None


@dataclass(frozen=True, slots=True)
class JudgedAssertion:
    """What the assertion says; `element` is the decrypted assertion for further questions."""

    id: str
    issuer: str
    issue_instant: datetime
    signed: bool
    encrypted: bool
    name_id: JudgedNameID | None
    audiences: tuple[str, ...]
    recipient: str | None
    in_response_to: str | None
    confirmation_not_on_or_after: datetime
    confirmation_address: str | None
    not_before: datetime
    not_on_or_after: datetime
    authn_context: str
    authn_instant: datetime
    session_index: str | None
    session_not_on_or_after: datetime | None
    attributes: dict[str, tuple[str, ...]]
    friendly_names: dict[str, str]
    element: etree._Element = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgedResponse:
    """A Response whose signature was verified; status codes are the last words of their URIs."""

    id: str
    issuer: str
    destination: str | None
    in_response_to: str | None
    issue_instant: datetime
    status: str
    sub_status: str | None
    status_message: str | None
    assertion: JudgedAssertion | None

    @property
    def the_assertion(self) -> JudgedAssertion:
        """Give the assertion; raises if there is none."""
        if self.assertion is None:
            raise JudgementError(f"no assertion: {self.status} {self.sub_status}")
        return self.assertion

    @property
    def name_id(self) -> JudgedNameID | None:
        return self.the_assertion.name_id

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Values by the Name of the attribute."""
        return self.the_assertion.attributes

    @property
    def friendly(self) -> dict[str, tuple[str, ...]]:
        """Values by the FriendlyName of the attribute."""
        assertion = self.the_assertion
        return {assertion.friendly_names[name]: values for name, values in assertion.attributes.items()}

    @property
    def authn_context(self) -> str:
        return self.the_assertion.authn_context

    @property
    def session_index(self) -> str | None:
        return self.the_assertion.session_index


def read_response(xml: bytes, sp_private_key_pem: bytes, idp_certificate_pem: bytes) -> JudgedResponse:
    """Verify the Response by signxml, decrypt by xmlsec, verify an inner signature by both, and read all fields."""
    if b"<!DOCTYPE" in xml:
        raise JudgementError("a document type declaration")
    response = verified_by_signxml(xml, idp_certificate_pem)
    if response.tag != f"{{{NS['samlp']}}}Response" or response.find("ds:Signature", NS) is None:
        raise JudgementError("the Response itself is not signed")
    codes = response.findall("samlp:Status/samlp:StatusCode", NS)
    if len(codes) != 1:
        raise JudgementError("not one top-level status code")
    nested = codes[0].findall("samlp:StatusCode", NS)
    return JudgedResponse(
        id=_due(response, "ID"),
        issuer=_text(response, "saml:Issuer"),
        destination=response.get("Destination"),
        in_response_to=response.get("InResponseTo"),
        issue_instant=_time(_due(response, "IssueInstant")),
        status=_word(codes[0]),
        sub_status=_word(nested[0]) if nested else None,
        status_message=response.findtext("samlp:Status/samlp:StatusMessage", None, NS),
        assertion=_assertion(response, sp_private_key_pem, idp_certificate_pem),
    )


def verified_by_signxml(xml: bytes, certificate_pem: bytes) -> etree._Element:
    """Give the root of the document, once its own signature covers just that root."""
    # The key alone is trusted, as metadata does it (IIP-MD12): the certificate's dates are not looked at.
    certificate = load_pem_x509_certificate(certificate_pem)
    expected = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=certificate.not_valid_after_utc,
    )
    result = XMLVerifier().verify(xml, x509_cert=certificate_pem.decode(), expect_config=expected)
    if not isinstance(result, VerifyResult):
        raise JudgementError("not exactly one signed reference")
    covered, root = result.signed_xml, etree.fromstring(xml)
    if covered is None or (covered.tag, covered.get("ID")) != (root.tag, root.get("ID")):
        raise JudgementError("the signature does not cover the document's root")
    return root


def verify_by_xmlsec(signed: etree._Element, certificate_pem: bytes) -> None:
    """Verify the signature of `signed` where it stands, by libxmlsec1; raises xmlsec.Error."""
    signature = signed.find("ds:Signature", NS)
    if signature is None:
        raise JudgementError("no signature")
    xmlsec.tree.add_ids(signed, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate_pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(signature)


def verify_by_xmlsec1(xml: bytes, certificate_pem: bytes, element: str = f"{NS['samlp']}:Response") -> None:
    """Verify the document by the xmlsec1 command; raises JudgementError with what it says."""
    with tempfile.TemporaryDirectory() as folder:
        document, certificate = Path(folder, "document.xml"), Path(folder, "certificate.pem")
        document.write_bytes(xml)
        certificate.write_bytes(certificate_pem)
        command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(certificate), "--id-attr:ID", element, str(document)]
        outcome = subprocess.run(command, capture_output=True, check=False, timeout=30)
    if outcome.returncode != 0:
        raise JudgementError(outcome.stderr.decode(errors="replace"))


def decrypt_by_xmlsec(encrypted_assertion: etree._Element, private_key_pem: bytes) -> etree._Element:
    """Decrypt in place by libxmlsec1 and give the assertion, which then stands in the outer document."""
    data = encrypted_assertion.find("xenc:EncryptedData", NS)
    if data is None:
        raise JudgementError("nothing encrypted")
    keys = xmlsec.KeysManager()
    keys.add_key(xmlsec.Key.from_memory(private_key_pem, xmlsec.constants.KeyDataFormatPem))
    return xmlsec.EncryptionContext(keys).decrypt(data)


def one(parent: etree._Element, path: str, namespaces: Mapping[str, str] = NS) -> etree._Element:
    """Give the only element at `path`; raises JudgementError for none and for several."""
    found = parent.findall(path, dict(namespaces))
    if len(found) != 1:
        raise JudgementError(f"{len(found)} of {path}")
    return found[0]


def _assertion(response: etree._Element, sp_key: bytes, idp_certificate: bytes) -> JudgedAssertion | None:
    plain = response.findall("saml:Assertion", NS)
    hidden = response.findall("saml:EncryptedAssertion", NS)
    if not plain and not hidden:
        return None
    if len(plain) + len(hidden) != 1:
        raise JudgementError("not exactly one assertion")
    element = plain[0] if plain else decrypt_by_xmlsec(hidden[0], sp_key)
    signed = element.find("ds:Signature", NS) is not None
    if signed:
        verify_by_xmlsec(element, idp_certificate)
        verified_by_signxml(etree.tostring(element, method="c14n", exclusive=True), idp_certificate)
    return _read_assertion(element, signed=signed, encrypted=bool(hidden))


def _read_assertion(element: etree._Element, *, signed: bool, encrypted: bool) -> JudgedAssertion:
    statement = one(element, "saml:AuthnStatement")
    conditions = one(element, "saml:Conditions")
    data = one(element, "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
    if len(element.findall("saml:AttributeStatement", NS)) > 1:
        raise JudgementError("more than one attribute statement")
    if data.get("NotBefore") is not None:
        raise JudgementError("NotBefore in SubjectConfirmationData")
    ends = statement.get("SessionNotOnOrAfter")
    attributes = element.findall("saml:AttributeStatement/saml:Attribute", NS)
    return JudgedAssertion(
        id=_due(element, "ID"),
        issuer=_text(element, "saml:Issuer"),
        issue_instant=_time(_due(element, "IssueInstant")),
        signed=signed,
        encrypted=encrypted,
        name_id=_name_id(element.find("saml:Subject/saml:NameID", NS)),
        audiences=tuple(_inner(item) for item in conditions.findall("saml:AudienceRestriction/saml:Audience", NS)),
        recipient=data.get("Recipient"),
        in_response_to=data.get("InResponseTo"),
        confirmation_not_on_or_after=_time(_due(data, "NotOnOrAfter")),
        confirmation_address=data.get("Address"),
        not_before=_time(_due(conditions, "NotBefore")),
        not_on_or_after=_time(_due(conditions, "NotOnOrAfter")),
        authn_context=_text(statement, "saml:AuthnContext/saml:AuthnContextClassRef"),
        authn_instant=_time(_due(statement, "AuthnInstant")),
        session_index=statement.get("SessionIndex"),
        session_not_on_or_after=_time(ends) if ends else None,
        attributes={
            _due(item, "Name"): tuple(_inner(v) for v in item.iterfind("saml:AttributeValue", NS))
            for item in attributes
        },
        friendly_names={_due(item, "Name"): item.get("FriendlyName", "") for item in attributes},
        element=element,
    )


def _name_id(element: etree._Element | None) -> JudgedNameID | None:
    if element is None:
        return None
    qualifiers = element.get("NameQualifier"), element.get("SPNameQualifier")
    return JudgedNameID(_inner(element), element.get("Format"), *qualifiers)


def _inner(element: etree._Element) -> str:
    """Give the text; refuses children and comments, where readers differ (security.md I-06)."""
    if len(element):
        raise JudgementError(f"{element.tag} holds more than text")
    return element.text or ""


def _text(parent: etree._Element, path: str) -> str:
    return _inner(one(parent, path))


def _due(element: etree._Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise JudgementError(f"{element.tag} has no {name}")
    return value


def _word(code: etree._Element) -> str:
    value = _due(code, "Value")
    if not value.startswith(_STATUS):
        raise JudgementError(f"not a status of SAML 2.0: {value}")
    return value.removeprefix(_STATUS)


def _time(text: str) -> datetime:
    if not text.endswith("Z"):
        raise JudgementError(f"not UTC: {text}")
    return datetime.fromisoformat(text)
