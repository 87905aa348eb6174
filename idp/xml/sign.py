"""Sign what we write: one key, one digest, one enveloped signature (SAML Core 5.4)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from idp.core.errors import ConfigError, Problem
from idp.core.secret import Secret
from idp.xml.algorithms import ENVELOPED, EXCLUSIVE_C14N, Digest, SignatureMethod
from idp.xml.names import DS, SAML
from idp.xml.write import Canonical, Element, branch, element, write

_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_ISSUER = SAML.name("Issuer")

_SIGNATURE = DS.name("Signature")
_SIGNED_INFO = DS.name("SignedInfo")
_SIGNATURE_VALUE = DS.name("SignatureValue")
_DIGEST_VALUE = DS.name("DigestValue")
_CANONICALIZATION = branch(element(DS.name("CanonicalizationMethod"), {"Algorithm": EXCLUSIVE_C14N}), DS)
_TRANSFORMS = branch(
    element(
        DS.name("Transforms"),
        None,
        element(DS.name("Transform"), {"Algorithm": ENVELOPED}),
        element(DS.name("Transform"), {"Algorithm": EXCLUSIVE_C14N}),
    ),
    DS,
)
_REFERENCE = DS.name("Reference")
_SIGNATURE_METHODS = {
    method: branch(element(DS.name("SignatureMethod"), {"Algorithm": method.value}), DS) for method in SignatureMethod
}
_DIGEST_METHODS = {
    digest: branch(element(DS.name("DigestMethod"), {"Algorithm": digest.value}), DS) for digest in Digest
}
_DIGEST_HASHES: Mapping[Digest, hashes.HashAlgorithm] = {
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
_METHOD_HASHES: Mapping[SignatureMethod, hashes.HashAlgorithm] = {
    SignatureMethod.RSA_SHA256: hashes.SHA256(),
    SignatureMethod.RSA_SHA384: hashes.SHA384(),
    SignatureMethod.RSA_SHA512: hashes.SHA512(),
    SignatureMethod.ECDSA_SHA256: hashes.SHA256(),
    SignatureMethod.ECDSA_SHA384: hashes.SHA384(),
    SignatureMethod.ECDSA_SHA512: hashes.SHA512(),
}
_RSA_METHODS = (SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512)
_ECDSA_METHODS = (SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512)


@dataclass(frozen=True, slots=True)
class SignatureChoice:
    """How to sign: the method of the signature and the digest of what it covers."""

    method: SignatureMethod
    digest: Digest = Digest.SHA256


def certificate_der(pem: bytes) -> bytes:
    """Give a PEM certificate as DER. Raises ValueError."""
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


class SigningKey:
    """A private key with its certificate, loaded once and shared by all threads: it is never changed.

    `certificate_der` is published in metadata; `methods` are those the key can sign with, the default first.
    """

    __slots__ = ("_certificate", "_private_key", "certificate_der", "key_info", "methods")

    def __init__(
        self, private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        self._private_key = private_key
        self._certificate = certificate
        self.certificate_der = certificate.public_bytes(Encoding.DER)
        self.methods = _RSA_METHODS if isinstance(private_key, rsa.RSAPrivateKey) else _ECDSA_METHODS
        self.key_info = branch(key_info(self.certificate_der), DS)

    @classmethod
    def from_pem(cls, key_pem: Secret, certificate_pem: bytes, *, file: str = "") -> "SigningKey":
        """Load a key and its certificate; `file` is named in the problem.

        Raises ConfigError for what cannot be read, a pair that does not match, RSA below 2048 bits, a curve other
        than P-256, P-384 and P-521 (security.md K-02). A certificate out of its dates is no error: `is_outdated`.
        """
        try:
            private_key = load_pem_private_key(key_pem.reveal(), password=None)
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            certified = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable(file, f"the key or its certificate cannot be read ({type(error).__name__})") from error
        public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if public != certified:
            raise _unusable(file, "the certificate is not that of the key")
        if isinstance(private_key, rsa.RSAPrivateKey) and private_key.key_size >= 2048:
            return cls(private_key, certificate)
        if isinstance(private_key, ec.EllipticCurvePrivateKey) and private_key.curve.name in _CURVES:
            return cls(private_key, certificate)
        raise _unusable(file, "the key is too weak or of a kind that is not used")

    @property
    def default(self) -> SignatureChoice:
        """Give RSA-SHA256 or ECDSA-SHA256 over SHA-256."""
        return SignatureChoice(self.methods[0])

    def is_outdated(self, now: datetime) -> bool:
        """Tell whether `now` is outside the dates of the certificate: worth a warning, not a refusal (K-02)."""
        return not self._certificate.not_valid_before_utc <= now <= self._certificate.not_valid_after_utc

    def sign(self, octets: bytes, method: SignatureMethod) -> bytes:
        """Give the signature value over `octets`; for ECDSA the raw r and s (XML Signature 1.1, 6.4.3)."""
        if method not in self.methods:
            raise ValueError(f"the key cannot sign by {method.value}")
        if isinstance(self._private_key, rsa.RSAPrivateKey):
            return self._private_key.sign(octets, padding.PKCS1v15(), _METHOD_HASHES[method])
        r, s = decode_dss_signature(self._private_key.sign(octets, ec.ECDSA(_METHOD_HASHES[method])))
        size = (self._private_key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def key_info(certificate_der: bytes) -> Element:
    """Give a ds:KeyInfo with the certificate."""
    certificate = element(DS.name("X509Certificate"), None, Canonical(_base64(certificate_der)))
    return element(DS.name("KeyInfo"), None, element(DS.name("X509Data"), None, certificate))


def sign_enveloped(tree: Element, key: SigningKey, choice: SignatureChoice | None = None) -> str:
    """Give `tree` as canonical text with an enveloped signature after its Issuer.

    One Reference to the element's own ID, enveloped and exclusive canonicalization (SAML Core 5.4.2 to 5.4.4).
    `tree` must have an ID and an Issuer as its first child, and must not be signed yet; raises ValueError.
    """
    issuer = tree.children[0] if tree.children else None
    reference_id = None if isinstance(tree.attributes, Canonical) else tree.attributes.get("ID")
    if reference_id is None or not isinstance(issuer, Element) or issuer.name != _ISSUER:
        raise ValueError("only an element with an ID and an Issuer is signed")
    text = write(tree)
    signature = _signature(text, reference_id, key, choice or key.default)
    # The Issuer is the first child and text is escaped, so the first end tag of an Issuer is this one's.
    head, end_of_issuer, tail = text.partition(f"</{_ISSUER.tag}>")
    return f"{head}{end_of_issuer}{signature}{tail}"


def _signature(text: str, reference_id: str, key: SigningKey, choice: SignatureChoice) -> str:
    digest = hashes.Hash(_DIGEST_HASHES[choice.digest])
    digest.update(text.encode("utf-8"))
    reference = element(
        _REFERENCE,
        {"URI": f"#{reference_id}"},
        _TRANSFORMS,
        _DIGEST_METHODS[choice.digest],
        element(_DIGEST_VALUE, None, Canonical(_base64(digest.finalize()))),
    )
    signed_info = write(element(_SIGNED_INFO, None, _CANONICALIZATION, _SIGNATURE_METHODS[choice.method], reference))
    value = key.sign(signed_info.encode("utf-8"), choice.method)
    # What is signed stands alone and declares its namespace; inside the Signature it inherits the same one.
    inherited = Canonical(signed_info.replace(DS.declaration, "", 1))
    return write(
        element(_SIGNATURE, None, inherited, element(_SIGNATURE_VALUE, None, Canonical(_base64(value))), key.key_info)
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _unusable(file: str, what: str) -> ConfigError:
    remedy = "Give an RSA key of 2048 bits or more, or one on P-256, P-384 or P-521, in PEM, with its own certificate"
    return ConfigError([Problem(file, "keys.signing", what, remedy)])
