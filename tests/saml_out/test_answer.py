"""What an answer says, to whom, for how long; each is signed, and read by other implementations."""

import builtins
import os
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from idp.attributes.model import NameID
from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.saml.answer import Recipient, ResponseWriter, Statement, new_id
from idp.xml.encrypt import EncryptionChoice
from idp.xml.sign import SignatureChoice, SigningKey
from tests.parts.judge import NS, JudgedResponse, one, read_response, verify_by_xmlsec1
from tests.parts.schemas import validate
from tests.parts.service_provider import TestSP, ec_key, public_der, rsa_key
from tests.saml_out.conftest import ENTITY_ID, MFA, NOW, attribute, certificate_pem, recipient_of, signing_key
from tests.saml_out.test_write import HOSTILE, ILLEGAL, legal

NC_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII).fullmatch


def local_names(root: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in root]


@pytest.fixture
def judged(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> JudgedResponse:
    return read_response(writer.success(recipient, statement, NOW).xml, sp.key_pem, idp_certificate)


def test_i01_the_response_is_signed_and_its_assertion_encrypted(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, idp_certificate: bytes
) -> None:
    issued = writer.success(recipient, statement, NOW)

    verify_by_xmlsec1(issued.xml, idp_certificate)
    assert local_names(etree.fromstring(issued.xml)) == ["Issuer", "Signature", "Status", "EncryptedAssertion"]
    assert issued.encryption_algorithm == "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    assert b"alice" not in issued.xml
    assert b"_0123456789abcdef" not in issued.xml
    assert b"<!DOCTYPE" not in issued.xml
    assert b"xsi:" not in issued.xml


@pytest.mark.parametrize("sign_assertion", [False, True], ids=["I-01-response", "I-01-both"])
@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "clear"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_every_way_to_protect_is_read_by_others(
    sign_assertion: bool, encrypted: bool, kind: str, sp: TestSP, statement: Statement
) -> None:
    private_key = ec_key("idp") if kind == "ec" else rsa_key("idp")
    certificate = certificate_pem(private_key)
    writer = ResponseWriter(ENTITY_ID, signing_key(private_key), timedelta(minutes=5))
    recipient = recipient_of(sp, sign_assertion=sign_assertion)
    if not encrypted:
        recipient = replace(recipient, encryption=None, allow_unencrypted=True)

    judged = read_response(writer.success(recipient, statement, NOW).xml, sp.key_pem, certificate)

    assert judged.the_assertion.signed is sign_assertion
    assert judged.the_assertion.encrypted is encrypted
    assert judged.friendly["mail"] == ("alice@example.org", "a.liddell@example.org")


@pytest.mark.parametrize("sign_assertion", [False, True], ids=["I-03-response", "I-03-both"])
def test_answers_are_valid_by_the_schemas(
    sign_assertion: bool, writer: ResponseWriter, statement: Statement, sp: TestSP
) -> None:
    recipient = recipient_of(sp, sign_assertion=sign_assertion)
    clear = replace(recipient, encryption=None, allow_unencrypted=True)

    validate(writer.success(recipient, statement, NOW).xml)
    validate(writer.success(clear, statement, NOW).xml)
    validate(writer.error(recipient, StatusError(Code.NO_PASSIVE, "Responder", "NoPassive"), NOW).xml)


def test_i02_the_signature_chosen_is_on_both_signatures(
    writer: ResponseWriter, statement: Statement, sp: TestSP, key: SigningKey, idp_certificate: bytes
) -> None:
    recipient = recipient_of(sp, sign_assertion=True, signature=SignatureChoice(key.methods[2]))

    xml = writer.success(recipient, statement, NOW).xml
    judged = read_response(xml, sp.key_pem, idp_certificate)

    for signed in (etree.fromstring(xml), judged.the_assertion.element):
        method = one(signed, "ds:Signature/ds:SignedInfo/ds:SignatureMethod").get("Algorithm")
        assert method == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"


def test_i03_exactly_one_assertion_and_one_statement_of_each_kind(judged: JudgedResponse) -> None:
    assertion = judged.the_assertion.element

    assert local_names(assertion) == ["Issuer", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"]
    assert len(assertion.findall("saml:Subject/saml:SubjectConfirmation", NS)) == 1
    assert not assertion.findall(".//saml:EncryptedID", NS)


def test_i03_without_attributes_there_is_no_attribute_statement(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    issued = writer.success(recipient, replace(statement, attributes=()), NOW)

    judged = read_response(issued.xml, sp.key_pem, idp_certificate)
    assert local_names(judged.the_assertion.element) == ["Issuer", "Subject", "Conditions", "AuthnStatement"]


def test_i04_every_field_is_as_the_profile_says(judged: JudgedResponse, sp: TestSP) -> None:
    assertion = judged.the_assertion

    assert (judged.status, judged.sub_status, judged.status_message) == ("Success", None, None)
    assert judged.issuer == assertion.issuer == ENTITY_ID
    assert judged.destination == assertion.recipient == sp.acs
    assert judged.in_response_to == assertion.in_response_to == "_request-of-sp"
    assert judged.issue_instant == assertion.issue_instant == assertion.not_before == NOW
    assert assertion.not_on_or_after == assertion.confirmation_not_on_or_after == NOW + timedelta(minutes=5)
    assert assertion.audiences == (sp.entity_id,)
    assert assertion.authn_context == MFA
    assert assertion.authn_instant == NOW - timedelta(minutes=7)
    assert (assertion.session_index, assertion.session_not_on_or_after) == ("_session", NOW + timedelta(hours=8))
    assert assertion.confirmation_address == "192.0.2.7"
    assert assertion.name_id is not None
    assert (assertion.name_id.name_qualifier, assertion.name_id.sp_name_qualifier) == (ENTITY_ID, sp.entity_id)
    assert one(assertion.element, ".//saml:SubjectConfirmation").get("Method") == (
        "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    )


def test_i04_two_service_providers_interleaved_are_never_mixed_up(
    writer: ResponseWriter, statement: Statement, idp_certificate: bytes
) -> None:
    for sp in [TestSP("one"), TestSP("two")] * 3:
        judged = read_response(writer.success(recipient_of(sp), statement, NOW).xml, sp.key_pem, idp_certificate)

        assert judged.the_assertion.audiences == (sp.entity_id,)
        assert judged.destination == judged.the_assertion.recipient == sp.acs
        assert judged.in_response_to == judged.the_assertion.in_response_to == f"_request-of-{sp.name}"


def test_i04_an_answer_nobody_asked_for_names_no_request(
    writer: ResponseWriter, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    issued = writer.success(recipient_of(sp, in_response_to=None), replace(statement, address=None), NOW)

    judged = read_response(issued.xml, sp.key_pem, idp_certificate)
    assert judged.in_response_to is None
    assert judged.the_assertion.in_response_to is None
    assert judged.the_assertion.confirmation_address is None
    assert judged.the_assertion.element.find(".//saml:SubjectLocality", NS) is None


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(minutes=-1), timedelta(minutes=5, microseconds=1)])
def test_i04_an_assertion_lives_five_minutes_at_most(lifetime: timedelta, key: SigningKey) -> None:
    with pytest.raises(ValueError, match="five minutes"):
        ResponseWriter(ENTITY_ID, key, lifetime)


@pytest.mark.parametrize("value", [pytest.param(value, id=f"I-05-{number}") for number, value in enumerate(HOSTILE)])
def test_a_hostile_directory_value_arrives_as_it_is(
    value: str, writer: ResponseWriter, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    said = replace(statement, attributes=(attribute("cn", value, "other"),))
    issued = writer.success(recipient_of(sp, sign_assertion=True), said, NOW)

    judged = read_response(issued.xml, sp.key_pem, idp_certificate)

    assert judged.friendly["cn"] == (value, "other")
    assert issued.dropped == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(legal, min_size=1, max_size=4), name=legal)
def test_i05_any_values_arrive_as_they_are(
    values: list[str], name: str, writer: ResponseWriter, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    said = replace(
        statement, attributes=(attribute("cn", *values),), name_id=NameID(name, "urn:f", ENTITY_ID, sp.entity_id)
    )
    issued = writer.success(recipient_of(sp, sign_assertion=True), said, NOW)

    judged = read_response(issued.xml, sp.key_pem, idp_certificate)

    assert judged.friendly["cn"] == tuple(values)
    assert judged.name_id is not None
    assert judged.name_id.value == name


@pytest.mark.parametrize("length", [255, 256, 1_000_000], ids=lambda length: f"I-05-{length}")
def test_a_long_value_is_sent_whole(
    length: int, writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    said = replace(statement, attributes=(attribute("cn", "山" * length),))

    judged = read_response(writer.success(recipient, said, NOW).xml, sp.key_pem, idp_certificate)

    assert judged.friendly["cn"] == ("山" * length,)


@pytest.mark.parametrize("bad", [pytest.param(bad, id=f"I-05-{ascii(bad)[1:-1]}") for bad in ILLEGAL])
def test_a_value_that_xml_cannot_carry_is_dropped_and_told_of(
    bad: str, writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    mixed, only = attribute("cn", "before", f"x{bad}y", "after"), attribute("title", bad)
    issued = writer.success(recipient, replace(statement, attributes=(mixed, only, attribute("mail", "m"))), NOW)

    judged = read_response(issued.xml, sp.key_pem, idp_certificate)

    assert judged.friendly == {"cn": ("before", "after"), "mail": ("m",)}
    assert issued.dropped == ("cn", "title")


@pytest.mark.parametrize("value", ["a<!--x-->b", "admin@example.org<!---->.evil.org", "]]>", "<?x?>"])
def test_i06_a_name_identifier_is_one_text_for_every_reader(
    value: str, writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    issued = writer.success(recipient, replace(statement, name_id=NameID(value, "urn:format")), NOW)

    found = one(read_response(issued.xml, sp.key_pem, idp_certificate).the_assertion.element, ".//saml:NameID")

    assert found.text == "".join(map(str, found.itertext())) == value
    assert ElementTree.fromstring(etree.tostring(found)).text == value


def test_i06_a_name_identifier_that_xml_cannot_carry_stops_the_answer(
    writer: ResponseWriter, recipient: Recipient, statement: Statement
) -> None:
    with pytest.raises(StatusError) as refusal:
        writer.success(recipient, replace(statement, name_id=NameID("a\x00b", "urn:format")), NOW)

    assert refusal.value.top == "Responder"


def test_iip_idp11_a_subject_may_have_no_name_identifier(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    issued = writer.success(recipient, replace(statement, name_id=None), NOW)

    assert read_response(issued.xml, sp.key_pem, idp_certificate).name_id is None


def test_i11_without_a_key_there_is_no_assertion(
    writer: ResponseWriter, recipient: Recipient, statement: Statement
) -> None:
    with pytest.raises(StatusError) as refusal:
        writer.success(replace(recipient, encryption=None), statement, NOW)

    assert (refusal.value.code, refusal.value.top) == (Code.NO_ENCRYPTION_KEY, "Responder")


def test_i11_a_key_is_used_even_where_clear_text_is_allowed(
    writer: ResponseWriter, recipient: Recipient, statement: Statement
) -> None:
    issued = writer.success(replace(recipient, allow_unencrypted=True), statement, NOW)

    assert issued.encryption_algorithm is not None
    assert b"alice" not in issued.xml


def test_i11_clear_text_is_told_of(writer: ResponseWriter, recipient: Recipient, statement: Statement) -> None:
    issued = writer.success(replace(recipient, encryption=None, allow_unencrypted=True), statement, NOW)

    assert issued.encryption_algorithm is None
    assert b"alice" in issued.xml


def test_i11_a_weak_key_never_leads_to_clear_text(
    writer: ResponseWriter, recipient: Recipient, statement: Statement
) -> None:
    weak = replace(recipient, encryption=EncryptionChoice(public_der(ec_key())), allow_unencrypted=True)

    with pytest.raises(ValueError, match="not a key"):
        writer.success(weak, statement, NOW)


def test_i13_a_hundred_thousand_identifiers_are_unique_names_of_128_bits() -> None:
    identifiers = {new_id() for _ in range(100_000)}

    assert len(identifiers) == 100_000
    assert all(NC_NAME(item) and len(item) == 33 for item in identifiers)


def test_i13_every_answer_has_identifiers_of_its_own(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    issued = [writer.success(recipient, statement, NOW) for _ in range(50)]

    assert len({item for one in issued for item in (one.response_id, one.assertion_id)}) == 100
    judged = read_response(issued[0].xml, sp.key_pem, idp_certificate)
    assert (judged.id, judged.the_assertion.id) == (issued[0].response_id, issued[0].assertion_id)


@pytest.mark.parametrize(
    ("top", "sub"),
    [
        pytest.param("Responder", "NoPassive", id="I-16-no-passive"),
        pytest.param("Responder", "NoAuthnContext", id="I-16-no-authn-context"),
        pytest.param("Requester", "InvalidNameIDPolicy", id="I-16-name-id-policy"),
        pytest.param("VersionMismatch", None, id="I-16-version"),
        pytest.param("Responder", None, id="I-16-responder"),
    ],
)
def test_an_error_is_signed_nested_and_says_nothing_of_the_person(
    top: str, sub: str | None, writer: ResponseWriter, recipient: Recipient, sp: TestSP, idp_certificate: bytes
) -> None:
    error = StatusError(Code.ACCOUNT_DISABLED, top, sub, detail="uid=alice is disabled")
    issued = writer.error(replace(recipient, encryption=None), error, NOW)

    verify_by_xmlsec1(issued.xml, idp_certificate)
    judged = read_response(issued.xml, sp.key_pem, idp_certificate)
    assert (judged.status, judged.sub_status, judged.assertion) == (top, sub, None)
    assert (judged.destination, judged.in_response_to) == (sp.acs, "_request-of-sp")
    assert b"alice" not in issued.xml
    assert Code.ACCOUNT_DISABLED.encode() not in issued.xml
    assert (issued.assertion_id, issued.encryption_algorithm) == (None, None)


@pytest.mark.parametrize("top", ["Success", "NoPassive", "", "x:Responder"])
def test_i16_a_top_level_status_is_one_of_the_standards_errors(
    top: str, writer: ResponseWriter, recipient: Recipient
) -> None:
    with pytest.raises(ValueError, match="top-level"):
        writer.error(recipient, StatusError(Code.BROKEN, top), NOW)


def test_f06_nothing_is_started_and_no_file_is_opened(
    writer: ResponseWriter, recipient: Recipient, statement: Statement, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a child process or a file")

    with monkeypatch.context() as patch:
        for owner, name in [(subprocess, "Popen"), (os, "fork"), (os, "posix_spawn"), (os, "open"), (builtins, "open")]:
            patch.setattr(owner, name, forbidden)
        issued = writer.success(replace(recipient, sign_assertion=True), statement, NOW)

    assert issued.xml
