"""The judge refuses what a strict service provider would: a judge that passes everything is none."""

from dataclasses import replace

import pytest
from lxml import etree

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.saml.answer import Recipient, ResponseWriter, Statement
from tests.parts.judge import JudgementError, read_response, verify_by_xmlsec1
from tests.parts.schemas import validate
from tests.parts.service_provider import TestSP, private_pem, rsa_key
from tests.saml_out.conftest import NOW, certificate_pem


@pytest.fixture
def xml(writer: ResponseWriter, recipient: Recipient, statement: Statement) -> bytes:
    return writer.success(replace(recipient, encryption=None, allow_unencrypted=True), statement, NOW).xml


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"alice@", b"mallory@"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA"),
        (b"rsa-sha256", b"rsa-sha1"),
        (b"Destination", b"Elsewhere"),
    ],
)
def test_a_changed_response_is_refused(old: bytes, new: bytes, xml: bytes, sp: TestSP, idp_certificate: bytes) -> None:
    changed = xml.replace(old, new, 1)
    assert changed != xml

    with pytest.raises(Exception, match=r".+"):
        read_response(changed, sp.key_pem, idp_certificate)
    with pytest.raises(JudgementError):
        verify_by_xmlsec1(changed, idp_certificate)


def test_an_unsigned_response_is_refused(xml: bytes, sp: TestSP, idp_certificate: bytes) -> None:
    start, end = xml.index(b"<ds:Signature "), xml.index(b"</ds:Signature>") + len(b"</ds:Signature>")

    with pytest.raises(Exception, match="Signature"):
        read_response(xml[:start] + xml[end:], sp.key_pem, idp_certificate)


def test_another_idps_signature_is_refused(xml: bytes, sp: TestSP) -> None:
    with pytest.raises(Exception, match=r".+"):
        read_response(xml, sp.key_pem, certificate_pem(rsa_key("other")))


def test_another_service_providers_answer_is_not_read(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, idp_certificate: bytes
) -> None:
    xml = writer.success(recipient, statement, NOW).xml

    with pytest.raises(Exception, match="decrypt"):
        read_response(xml, private_pem(rsa_key("other")), idp_certificate)


def test_an_error_has_no_assertion(
    writer: ResponseWriter, recipient: Recipient, sp: TestSP, idp_certificate: bytes
) -> None:
    xml = writer.error(recipient, StatusError(Code.NO_PASSIVE, "Responder", "NoPassive"), NOW).xml

    with pytest.raises(JudgementError, match="NoPassive"):
        _ = read_response(xml, sp.key_pem, idp_certificate).attributes


def test_what_the_schemas_do_not_allow_is_refused(xml: bytes) -> None:
    validate(xml)

    with pytest.raises(etree.DocumentInvalid):
        validate(xml.replace(b"<samlp:Status>", b"<samlp:Stat>").replace(b"</samlp:Status>", b"</samlp:Stat>"))
