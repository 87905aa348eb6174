"""Every signature is verified by other implementations: signxml, python-xmlsec, the xmlsec1 command."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from lxml import etree

from idp.core.codes import Code
from idp.core.errors import ConfigError, StatusError
from idp.core.secret import Secret
from idp.federation.service_provider import ServiceProvider
from idp.saml.signature_choice import choose_signature
from idp.xml.algorithms import Digest, SignatureMethod
from idp.xml.names import SAML, SAMLP
from idp.xml.sign import SignatureChoice, SigningKey, sign_enveloped
from idp.xml.write import Element, checked, element
from tests.parts.judge import NS, one, verified_by_signxml, verify_by_xmlsec, verify_by_xmlsec1
from tests.parts.service_provider import PrivateKey, ec_key, private_pem, rsa_key
from tests.saml_out.conftest import NOW, certificate_pem, signing_key

KEYS = {
    "rsa-2048": rsa_key("idp"),
    "rsa-3072": rsa_key("long", 3072),
    "p-256": ec_key("idp"),
    "p-384": ec_key("idp", "secp384r1"),
    "p-521": ec_key("idp", "secp521r1"),
}


def document(text: str = "hello <&> \r\n 山") -> Element:
    return element(
        SAMLP.name("Response"),
        {"ID": "_1", "Version": "2.0"},
        element(SAML.name("Issuer"), None, "https://idp.example.org"),
        element(SAMLP.name("Status"), None, text),
    )


@pytest.mark.parametrize("private_key", [pytest.param(key, id=f"I-01-{name}") for name, key in KEYS.items()])
def test_a_signature_verifies_by_three_other_implementations(private_key: PrivateKey) -> None:
    key, certificate = signing_key(private_key), certificate_pem(private_key)
    for method in key.methods:
        xml = checked(sign_enveloped(document(), key, SignatureChoice(method)))

        verified_by_signxml(xml, certificate)
        verify_by_xmlsec(etree.fromstring(xml), certificate)
        verify_by_xmlsec1(xml, certificate)


@pytest.mark.parametrize("digest", [pytest.param(digest, id=f"I-02-{digest.name}") for digest in Digest])
def test_the_digest_on_the_wire_is_the_one_chosen(digest: Digest, key: SigningKey, idp_certificate: bytes) -> None:
    xml = sign_enveloped(document(), key, SignatureChoice(key.methods[0], digest)).encode()

    verify_by_xmlsec(verified_by_signxml(xml, idp_certificate), idp_certificate)
    assert one(etree.fromstring(xml), ".//ds:DigestMethod").get("Algorithm") == digest.value


def test_i01_the_signature_stands_after_the_issuer_with_one_reference_to_its_own_element(key: SigningKey) -> None:
    root = etree.fromstring(sign_enveloped(document("</saml:Issuer>"), key).encode())

    assert [etree.QName(child).localname for child in root] == ["Issuer", "Signature", "Status"]
    (reference,) = root.iterfind(".//ds:Reference", NS)
    assert reference.get("URI") == "#_1"
    assert [item.get("Algorithm") for item in reference.iterfind(".//ds:Transform", NS)] == [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    ]
    assert one(root, ".//ds:SignatureMethod").get("Algorithm") == SignatureMethod.RSA_SHA256
    assert base64.b64decode(root.findtext(".//ds:X509Certificate", "", NS)) == key.certificate_der


@pytest.mark.parametrize(
    "tree",
    [
        element(SAMLP.name("Response"), {"ID": "_1"}),
        element(SAMLP.name("Response"), {"ID": "_1"}, "text"),
        element(SAMLP.name("Response"), {"ID": "_1"}, element(SAMLP.name("Status"))),
        element(SAMLP.name("Response"), None, element(SAML.name("Issuer"))),
    ],
)
def test_only_an_element_with_an_id_and_an_issuer_is_signed(tree: Element, key: SigningKey) -> None:
    with pytest.raises(ValueError, match="Issuer"):
        sign_enveloped(tree, key)


def test_a_key_does_not_sign_by_a_method_of_another_kind(key: SigningKey) -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        sign_enveloped(document(), key, SignatureChoice(SignatureMethod.ECDSA_SHA256))


def test_i07_two_threads_with_an_old_and_a_new_key_never_mix_them_up() -> None:
    keys = [signing_key(rsa_key("old")), signing_key(rsa_key("new"))]

    def sign_many(key: SigningKey) -> list[bytes]:
        return [sign_enveloped(document(str(number)), key).encode() for number in range(1000)]

    with ThreadPoolExecutor(2) as threads:
        batches = list(threads.map(sign_many, keys))

    for name, key, batch in zip(("old", "new"), keys, batches, strict=True):
        certificate = certificate_pem(rsa_key(name))
        for xml in batch:
            verify_by_xmlsec(etree.fromstring(xml), certificate)
            assert key.key_info.text.encode() in xml


def _ed25519() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _locked() -> bytes:
    return rsa_key("idp").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize(
    ("key_pem", "certificate", "what"),
    [
        pytest.param(private_pem(rsa_key("other")), certificate_pem(rsa_key("idp")), "not that of", id="K-02-mismatch"),
        pytest.param(private_pem(ec_key("idp")), certificate_pem(rsa_key("idp")), "not that of", id="K-02-kinds"),
        pytest.param(private_pem(rsa_key("w", 1024)), certificate_pem(rsa_key("w", 1024)), "weak", id="K-02-rsa-1024"),
        pytest.param(
            private_pem(ec_key("w", "secp192r1")), certificate_pem(ec_key("w", "secp192r1")), "weak", id="K-02-p-192"
        ),
        pytest.param(_ed25519(), certificate_pem(rsa_key("idp")), "not that of", id="K-02-ed25519"),
        pytest.param(_locked(), certificate_pem(rsa_key("idp")), "cannot be read", id="K-02-passphrase"),
        pytest.param(b"", certificate_pem(rsa_key("idp")), "cannot be read", id="K-02-no-key"),
        pytest.param(private_pem(rsa_key("idp")), b"x", "cannot be read", id="K-02-no-certificate"),
    ],
)
def test_bad_key_material_is_refused_with_its_file(key_pem: bytes, certificate: bytes, what: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        SigningKey.from_pem(Secret(key_pem), certificate, file="idp.toml")

    (problem,) = refusal.value.problems
    assert what in problem.what
    assert problem.file == "idp.toml"
    assert "PRIVATE" not in str(refusal.value)


def test_k02_an_expired_certificate_still_signs_and_is_told_of() -> None:
    private_key = rsa_key("idp")
    expired = SigningKey.from_pem(Secret(private_pem(private_key)), certificate_pem(private_key, expired=True))

    assert expired.is_outdated(NOW)
    assert not expired.is_outdated(datetime(2015, 1, 1, tzinfo=UTC))
    assert not signing_key(private_key).is_outdated(datetime(2040, 1, 1, tzinfo=UTC))
    verify_by_xmlsec(etree.fromstring(sign_enveloped(document(), expired)), certificate_pem(private_key))


RSA256, RSA512 = SignatureMethod.RSA_SHA256.value, SignatureMethod.RSA_SHA512.value
ECDSA512, RSA_SHA1 = SignatureMethod.ECDSA_SHA512.value, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


@pytest.mark.parametrize(
    ("methods", "digests", "expected"),
    [
        pytest.param((), (), (RSA256, Digest.SHA256), id="IIP-MD10-silent"),
        pytest.param((ECDSA512, RSA512, RSA256), (), (RSA512, Digest.SHA256), id="IIP-MD10-first-usable"),
        pytest.param((RSA_SHA1, RSA256), (Digest.SHA512.value,), (RSA256, Digest.SHA512), id="IIP-MD10-digest"),
    ],
)
def test_the_service_providers_algorithms_are_used(
    methods: tuple[str, ...], digests: tuple[str, ...], expected: tuple[str, Digest], key: SigningKey
) -> None:
    service_provider = ServiceProvider("https://sp", (), signing_methods=methods, digest_methods=digests)

    choice = choose_signature(service_provider, key)

    assert (choice.method, choice.digest) == expected


@pytest.mark.parametrize(("methods", "digests"), [((RSA_SHA1, ECDSA512), ()), ((), ("md5",))])
def test_iip_md10_nothing_in_common_is_an_error_and_no_fallback(
    methods: tuple[str, ...], digests: tuple[str, ...], key: SigningKey
) -> None:
    service_provider = ServiceProvider("https://sp", (), signing_methods=methods, digest_methods=digests)

    with pytest.raises(StatusError) as refusal:
        choose_signature(service_provider, key)

    assert refusal.value.code is Code.NO_ALGORITHM
