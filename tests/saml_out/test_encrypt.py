"""Assertions are encrypted with GCM and RSA-OAEP, or not sent; libxmlsec1 decrypts every one."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.federation.service_provider import EncryptionKey, ServiceProvider
from idp.saml.encryption_choice import choose_encryption
from idp.xml.algorithms import DataEncryption, KeyTransport, OAEPDigest
from idp.xml.encrypt import EncryptionChoice, encrypt_element
from idp.xml.names import SAML
from idp.xml.write import checked, element, write
from tests.parts.judge import NS, decrypt_by_xmlsec, one
from tests.parts.service_provider import TestSP, ec_key, private_pem, public_der, rsa_key

TEXT = write(element(SAML.name("Assertion"), {"ID": "_1"}, element(SAML.name("Issuer"), None, "a<!--x-->b\r\n 山")))
GCM128, GCM256 = DataEncryption.AES128_GCM, DataEncryption.AES256_GCM
CBC128, CBC256 = DataEncryption.AES128_CBC, DataEncryption.AES256_CBC
OAEP, OAEP11 = KeyTransport.RSA_OAEP_MGF1P, KeyTransport.RSA_OAEP
TRIPLE_DES, RSA_1_5 = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
KEY_WRAP = "http://www.w3.org/2001/04/xmlenc#kw-aes128"


def encrypted(choice: EncryptionChoice, text: str = TEXT) -> bytes:
    data = encrypt_element(text, "https://sp.example.org", choice)
    return checked(write(element(SAML.name("EncryptedAssertion"), None, data)))


@pytest.mark.parametrize("digest", OAEPDigest, ids=lambda item: item.name)
@pytest.mark.parametrize("transport", KeyTransport, ids=lambda item: item.name)
@pytest.mark.parametrize("cipher", DataEncryption, ids=lambda item: f"I-10-{item.name}")
def test_every_combination_is_decrypted(
    cipher: DataEncryption, transport: KeyTransport, digest: OAEPDigest, sp: TestSP
) -> None:
    xml = encrypted(EncryptionChoice(sp.public_key_der, cipher, transport, digest))

    found = decrypt_by_xmlsec(etree.fromstring(xml), sp.key_pem)

    assert etree.tostring(found, method="c14n", exclusive=True).decode() == TEXT


@pytest.mark.parametrize("length", range(16))
def test_i10_cbc_pads_every_length(length: int, sp: TestSP) -> None:
    text = write(element(SAML.name("Assertion"), None, "x" * length))

    found = decrypt_by_xmlsec(
        etree.fromstring(encrypted(EncryptionChoice(sp.public_key_der, CBC128), text)), sp.key_pem
    )

    assert etree.tostring(found, method="c14n", exclusive=True).decode() == text


def test_i10_the_default_is_decrypted_by_the_command_of_older_systems(sp: TestSP, tmp_path: Path) -> None:
    document, key = tmp_path / "document.xml", tmp_path / "key.pem"
    document.write_bytes(encrypted(EncryptionChoice(sp.public_key_der)))
    key.write_bytes(sp.key_pem)

    outcome = subprocess.run(["xmlsec1", "--decrypt", "--privkey-pem", key, document], capture_output=True, check=True)

    assert etree.fromstring(outcome.stdout).findtext("saml:Assertion/saml:Issuer", "", NS) == "a<!--x-->b\r\n 山"


def test_i10_the_key_is_inline_and_names_its_recipient(sp: TestSP) -> None:
    root = etree.fromstring(encrypted(EncryptionChoice(sp.public_key_der)))

    assert one(root, "xenc:EncryptedData").get("Type") == "http://www.w3.org/2001/04/xmlenc#Element"
    key = one(root, "xenc:EncryptedData/ds:KeyInfo/xenc:EncryptedKey")
    assert key.get("Recipient") == "https://sp.example.org"


def test_i12_a_thousand_encryptions_have_a_thousand_keys_and_vectors(sp: TestSP) -> None:
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    session_keys, vectors = set(), set()
    for _ in range(1000):
        values = [
            base64.b64decode(item.text or "")
            for item in etree.fromstring(encrypted(EncryptionChoice(sp.public_key_der))).iterfind(
                ".//xenc:CipherValue", NS
            )
        ]
        session_keys.add(_private(sp).decrypt(values[0], oaep))
        vectors.add(values[1][:12])

    assert len(session_keys) == 1000
    assert len(vectors) == 1000


def _private(sp: TestSP) -> rsa.RSAPrivateKey:
    assert isinstance(sp.key, rsa.RSAPrivateKey)
    return sp.key


def provider(*keys: EncryptionKey) -> ServiceProvider:
    return ServiceProvider("https://sp.example.org", (), signing_keys=(public_der(rsa_key()),), encryption_keys=keys)


def listing(*methods: str) -> ServiceProvider:
    return provider(EncryptionKey(public_der(rsa_key()), methods))


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        pytest.param((), (GCM128, OAEP), id="I-10-silent"),
        pytest.param((GCM256, GCM128, OAEP11), (GCM256, OAEP11), id="I-10-first-listed"),
        pytest.param((TRIPLE_DES, CBC128, GCM256, RSA_1_5, OAEP), (GCM256, OAEP), id="I-10-gcm-behind-cbc"),
        pytest.param((OAEP11,), (GCM128, OAEP11), id="I-10-only-transport"),
        pytest.param((KEY_WRAP, GCM128), (GCM128, OAEP), id="I-10-key-wrap-passed-over"),
        pytest.param(("urn:unknown", GCM128), (GCM128, OAEP), id="I-10-unknown-passed-over"),
    ],
)
@pytest.mark.parametrize("allow_cbc", [False, True])
def test_metadata_chooses_among_the_strong(
    methods: tuple[str, ...], expected: tuple[DataEncryption, KeyTransport], allow_cbc: bool
) -> None:
    if allow_cbc and not any(method in (GCM128, GCM256) for method in methods):
        expected = (CBC128, expected[1])

    choice = choose_encryption(listing(*methods), allow_cbc=allow_cbc, default_data_algorithm=GCM128)

    assert (choice.data_encryption, choice.key_transport) == expected


@pytest.mark.parametrize("name", ["aes128-gcm", "aes256-gcm"], ids=lambda name: f"I-02-{name}")
def test_the_configured_cipher_is_the_one_on_the_wire(name: str, sp: TestSP) -> None:
    default = DataEncryption.named(name)

    choice = choose_encryption(listing(), allow_cbc=False, default_data_algorithm=default)

    root = etree.fromstring(encrypted(choice))
    assert one(root, "xenc:EncryptedData/xenc:EncryptionMethod").get("Algorithm") == (
        f"http://www.w3.org/2009/xmlenc11#{name}"
    )


@pytest.mark.parametrize(
    ("methods", "allow_cbc"),
    [
        pytest.param((TRIPLE_DES,), False, id="I-10-triple-des"),
        pytest.param((TRIPLE_DES,), True, id="I-10-triple-des-opted-in"),
        pytest.param((CBC128, CBC256), False, id="I-10-cbc"),
        pytest.param((RSA_1_5,), False, id="I-10-rsa-1_5"),
        pytest.param((RSA_1_5, GCM128), True, id="I-10-rsa-1_5-with-gcm"),
        pytest.param(("urn:unknown",), False, id="I-10-unknown"),
    ],
)
def test_nothing_acceptable_in_common_is_an_error(methods: tuple[str, ...], allow_cbc: bool) -> None:
    with pytest.raises(StatusError) as refusal:
        choose_encryption(listing(*methods), allow_cbc=allow_cbc, default_data_algorithm=GCM128)

    assert (refusal.value.code, refusal.value.top) == (Code.NO_ALGORITHM, "Responder")


def test_i10_cbc_is_used_only_when_opted_in() -> None:
    choice = choose_encryption(listing(CBC256, CBC128), allow_cbc=True, default_data_algorithm=GCM128)

    assert choice.data_encryption is CBC256


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((), id="I-11-only-a-signing-key"),
        pytest.param((EncryptionKey(public_der(rsa_key("small", 1024))),), id="I-11-rsa-1024"),
        pytest.param((EncryptionKey(public_der(ec_key())),), id="I-11-ec"),
        pytest.param((EncryptionKey(b"not a key"),), id="I-11-unreadable"),
    ],
)
@pytest.mark.parametrize("allow_cbc", [False, True])
def test_no_usable_key_is_an_error_and_never_clear_text(keys: tuple[EncryptionKey, ...], allow_cbc: bool) -> None:
    with pytest.raises(StatusError) as refusal:
        choose_encryption(provider(*keys), allow_cbc=allow_cbc, default_data_algorithm=GCM128)

    assert (refusal.value.code, refusal.value.top) == (Code.NO_ENCRYPTION_KEY, "Responder")


def test_i11_of_several_keys_the_first_usable_one_is_taken() -> None:
    small, curve = EncryptionKey(public_der(rsa_key("small", 1024))), EncryptionKey(public_der(ec_key()))
    first, second = EncryptionKey(public_der(rsa_key("first"))), EncryptionKey(public_der(rsa_key("second")))

    choice = choose_encryption(provider(small, curve, first, second), allow_cbc=False, default_data_algorithm=GCM128)

    assert choice.public_key_der == first.public_key_der


def test_i11_a_key_without_a_common_algorithm_is_passed_over() -> None:
    old = EncryptionKey(public_der(rsa_key("first")), (TRIPLE_DES,))
    new = EncryptionKey(public_der(rsa_key("second")), (GCM256,))

    choice = choose_encryption(provider(old, new), allow_cbc=False, default_data_algorithm=GCM128)

    assert (choice.public_key_der, choice.data_encryption) == (new.public_key_der, GCM256)


def test_i11_a_weak_key_is_refused_by_the_encryption_itself() -> None:
    weak = public_der(rsa_key("small", 1024))

    with pytest.raises(ValueError, match="not a key"):
        encrypt_element(TEXT, "https://sp.example.org", EncryptionChoice(weak))


def test_another_service_provider_cannot_decrypt(sp: TestSP) -> None:
    xml = encrypted(EncryptionChoice(sp.public_key_der))

    with pytest.raises(Exception, match="failed to decrypt"):
        decrypt_by_xmlsec(etree.fromstring(xml), private_pem(rsa_key("other")))
