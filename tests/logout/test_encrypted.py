"""A name that comes encrypted (IIP-IDP19; security.md L-06): decrypted in a verified request alone, by either key."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.cli.keys import write_private
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.secret import Secret
from idp.xml import decrypt
from idp.xml.algorithms import DataEncryption, KeyTransport, OAEPDigest
from idp.xml.encrypt import EncryptionChoice, encrypt_element
from idp.xml.parse import parse
from idp.xml.write import write
from tests.logout.conftest import OTHER, REDIRECT_PATH, SLO, SP, Person, location_of
from tests.parts.authn_requests import redirect_query
from tests.parts.logout_messages import name_id_of, read_redirect
from tests.parts.service_provider import Slo, TestSP
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd

NEW, FORMER, STRANGE = TestSP("encryption-new"), TestSP("encryption-former"), TestSP("encryption-strange")
PAIRS = ", ".join(f'{{key = "keys/{each.name}.key", certificate = "keys/{each.name}.crt"}}' for each in (NEW, FORMER))
SAML = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'


@pytest.fixture
def idp(tmp_path: Path, slapd: RunningSlapd) -> Iterator[Idp]:
    conf = make_conf(tmp_path / "conf", slapd, replace=(("# encryption = []", f"encryption = [{PAIRS}]"),))
    for pair in (NEW, FORMER):
        write_private(conf / "keys" / f"{pair.name}.key", pair.key_pem)
        (conf / "keys" / f"{pair.name}.crt").write_bytes(pair.certificate_pem)
    idp = Idp.load(conf)
    try:
        idp.register(SP, OTHER, slo=[Slo(SLO)])
        yield idp
    finally:
        idp.close()


def hidden(name_id: str, holder: TestSP = NEW, **choice: object) -> str:
    """Encrypt a NameID as a service provider does."""
    text = name_id.replace("<saml:NameID", f"<saml:NameID {SAML}", 1)
    chosen = EncryptionChoice(holder.public_key_der, **choice)  # type: ignore[arg-type]
    return f"<saml:EncryptedID>{write(encrypt_element(text, 'us', chosen))}</saml:EncryptedID>"


@pytest.mark.parametrize("holder", [NEW, FORMER], ids=["new", "former"])
@pytest.mark.parametrize("cipher", [DataEncryption.AES128_GCM, DataEncryption.AES256_GCM])
@pytest.mark.parametrize("transport", KeyTransport)
@pytest.mark.parametrize("digest", OAEPDigest)
def test_a_name_is_read_with_either_key(
    idp: Idp, person: Person, holder: TestSP, cipher: DataEncryption, transport: KeyTransport, digest: OAEPDigest
) -> None:
    name = hidden(
        name_id_of(person.told[SP.name]), holder, data_encryption=cipher, key_transport=transport, oaep_digest=digest
    )

    page = person.ask(name_id=name)

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Success",)
    assert not person.is_logged_in


def test_both_keys_are_published(idp: Idp) -> None:
    assert idp.site.own_metadata.count(b'use="encryption"') == 2


def test_l06_nothing_is_decrypted_before_the_signature_is_verified(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decrypt.DecryptionKey, "unwrap", lambda *args: pytest.fail("was decrypted"))
    name = hidden(name_id_of(person.told[SP.name]))

    unsigned = person.browser.get(f"{REDIRECT_PATH}?{redirect_query(person.message(name_id=name))}")
    forged = person.ask(name_id=name, signer=OTHER)

    assert (unsigned.code, forged.code) == (Code.SIGNATURE_MISSING, Code.SIGNATURE_INVALID)
    assert person.is_logged_in


def change(old: str, new: str) -> Callable[[str], str]:
    def spoil(name: str) -> str:
        assert old in name
        return name.replace(old, new, 1)

    return spoil


def transformed(name: str) -> str:
    """The data elsewhere, by way of a transform."""
    start, end = name.rindex("<xenc:CipherData>"), name.rindex("</xenc:CipherData>")
    reference = (
        '<xenc:CipherReference URI="http://127.0.0.1:1/"><xenc:Transforms><ds:Transform'
        ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
        "</xenc:Transforms></xenc:CipherReference>"
    )
    return f"{name[:start]}<xenc:CipherData>{reference}{name[end:]}"


def retrieved(name: str) -> str:
    """The key elsewhere."""
    start, end = name.index("<xenc:EncryptedKey"), name.index("</xenc:EncryptedKey>") + len("</xenc:EncryptedKey>")
    return f'{name[:start]}<ds:RetrievalMethod URI="http://127.0.0.1:1/"/>{name[end:]}'


def twice(name: str) -> str:
    start, end = name.index("<xenc:EncryptedKey"), name.index("</xenc:EncryptedKey>") + len("</xenc:EncryptedKey>")
    return name[:end] + name[start:end] + name[end:]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(transformed, id="L-06-transform"),
        pytest.param(retrieved, id="L-06-retrieval-method"),
        pytest.param(twice, id="L-06-two-keys"),
        pytest.param(change("aes128-gcm", "aes256-gcm"), id="L-06-another-cipher"),
        pytest.param(change("2009/xmlenc11#aes128-gcm", "2001/04/xmlenc#aes128-cbc"), id="L-06-cbc"),
        pytest.param(change("rsa-oaep-mgf1p", "rsa-1_5"), id="L-06-rsa-1.5"),
        pytest.param(change("<xenc:CipherValue>", "<xenc:CipherValue>AAAA"), id="L-06-another-key"),
        pytest.param(
            change(
                "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>",
                "!</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>",
            ),
            id="L-06-no-base64",
        ),
        pytest.param(lambda name: "<saml:EncryptedID/>", id="L-06-empty"),
        pytest.param(lambda name: name + name, id="L-06-two-names"),
    ],
)
def test_what_is_encrypted_in_another_way_is_refused(person: Person, spoil: Callable[[str], str]) -> None:
    page = person.ask(name_id=spoil(hidden(name_id_of(person.told[SP.name]))))

    assert (page.status, page.code) == (400, Code.REQUEST_MALFORMED)
    assert person.is_logged_in


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<x/>", id="L-06-no-name"),
        pytest.param("<!DOCTYPE x><saml:NameID>x</saml:NameID>", id="A-04-document-type"),
        pytest.param("not XML", id="A-40-no-xml"),
    ],
)
def test_what_is_hidden_is_read_under_the_same_limits(person: Person, text: str) -> None:
    page = person.ask(name_id=hidden(text))

    assert (page.status, page.code) == (400, Code.REQUEST_MALFORMED)
    assert person.is_logged_in


def test_a_name_for_a_key_that_is_not_ours_is_refused(person: Person) -> None:
    page = person.ask(name_id=hidden(name_id_of(person.told[SP.name]), STRANGE))

    assert (page.status, page.code) == (400, Code.REQUEST_MALFORMED)
    assert person.is_logged_in


def test_l06_more_than_64_kb_is_not_decrypted() -> None:
    """What comes by HTTP is refused before, for what it weighs on the wire."""
    name = hidden("<saml:NameID>" + "x" * 60_000 + "</saml:NameID>")
    holder = parse(name.replace("<saml:EncryptedID", f"<saml:EncryptedID {SAML}", 1).encode())
    key = decrypt.DecryptionKey.from_pem(Secret(NEW.key_pem), NEW.certificate_pem)

    with pytest.raises(ProtocolError, match="more than 64 kB"):
        decrypt.decrypt_element(holder, [key])
