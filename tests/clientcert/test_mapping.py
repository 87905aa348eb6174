"""Whose a certificate is: one entry's alone, and the entry of the password (security.md R-14)."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.codes import Code
from idp.plugin import ConfigError
from tests.clientcert.conftest import Judge
from tests.parts.client_certificates import ClientCA, mail, principal
from tests.parts.slapd import RunningSlapd

Row = dict[str, object]
ALICE = f"uid=alice,{PEOPLE_DN}"
UPN_ROW = {"match": "upn", "attribute": "eduPersonPrincipalName"}
SERIAL_ROW = {"match": "serial"}


@pytest.fixture
def slapd(own_slapd: RunningSlapd) -> RunningSlapd:
    """A directory of the test's own, whose entries it changes."""
    return own_slapd


def add(slapd: RunningSlapd, dn: str, attribute: str, value: bytes) -> None:
    encoded = b64encode(value).decode()
    slapd.server.apply(f"dn: {dn}\nchangetype: modify\nadd: {attribute}\n{attribute}:: {encoded}\n")


def serial(value: str, kind: _ASN1Type = _ASN1Type.PrintableString) -> tuple[x509.NameAttribute[str], ...]:
    return (x509.NameAttribute(NameOID.SERIAL_NUMBER, value, kind),)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        pytest.param(mail("alice@example.ac.jp"), {}, id="mail"),
        pytest.param(mail("Alice@EXAMPLE.ac.jp"), {}, id="R-14-mail-in-another-case"),
        pytest.param(principal("alice@example.ac.jp"), UPN_ROW, id="upn"),
        pytest.param(principal("ALICE@example.ac.jp"), UPN_ROW, id="R-14-upn-in-another-case"),
    ],
)
def test_an_alternative_name_names_the_person(
    judge: Judge, ca: ClientCA, row: Row, name: x509.GeneralName, more: Row
) -> None:
    assert judge.judge(ca.issue("x", name), {**row, **more}) is None


@pytest.mark.parametrize(
    "kind", [_ASN1Type.PrintableString, _ASN1Type.UTF8String], ids=lambda kind: f"R-14-{kind.name}"
)
def test_the_serial_number_in_the_subject_names_the_person(
    judge: Judge, ca: ClientCA, row: Row, slapd: RunningSlapd, kind: _ASN1Type
) -> None:
    add(slapd, ALICE, "employeeNumber", b"S-1234")

    assert judge.judge(ca.issue("x", subject=serial("S-1234", kind)), {**row, **SERIAL_ROW}) is None
    assert (
        judge.judge(ca.issue("x", subject=serial("S-1235", kind)), {**row, **SERIAL_ROW}) is Code.CERTIFICATE_OF_NOBODY
    )


def test_the_certificate_itself_may_stand_on_the_entry(
    judge: Judge, ca: ClientCA, row: Row, slapd: RunningSlapd
) -> None:
    shown, other = ca.issue(), ca.issue()
    add(slapd, ALICE, "userCertificate;binary", shown.der)

    assert judge.judge(shown, {**row, "match": "certificate"}) is None
    assert judge.judge(other, {**row, "match": "certificate"}) is Code.CERTIFICATE_OF_NOBODY
    assert judge.judge(shown, {**row, "match": "certificate"}, username="bob") is Code.CERTIFICATE_OF_NOBODY


def test_a_hash_of_the_certificate_may_stand_on_the_entry(
    judge: Judge, ca: ClientCA, row: Row, slapd: RunningSlapd
) -> None:
    shown = ca.issue("x")
    add(slapd, ALICE, "employeeNumber", sha256(shown.der).hexdigest().encode())
    by_hash = {**row, "match": "hash", "attribute": "employeeNumber"}

    assert judge.judge(shown, by_hash) is None
    assert judge.judge(shown, by_hash, username="bob") is Code.CERTIFICATE_OF_ANOTHER
    assert judge.judge(ca.issue("x"), by_hash) is Code.CERTIFICATE_OF_NOBODY
    with pytest.raises(ConfigError, match="where the hash is kept"):
        judge.judge(shown, {**row, "match": "hash"})


def test_r14_a_certificate_is_of_the_person_of_the_password(judge: Judge, ca: ClientCA, row: Row) -> None:
    assert judge.judge(ca.issue("bob"), row, username="alice") is Code.CERTIFICATE_OF_ANOTHER
    assert judge.judge(ca.issue("bob"), row, username="bob") is None


def test_r14_another_accepted_authority_names_nobody_by_this_ones_rule(
    judge: Judge, ca: ClientCA, foreign: ClientCA, row: Row, tmp_path: Path
) -> None:
    """Who may issue e-mail addresses of anybody must not be able to name our people by them."""
    crls = (foreign.crl(tmp_path / "other.crl"),)
    other = {"name": "other", "ca": foreign.file(tmp_path / "other.pem"), "crls": crls, "match": "certificate"}

    assert judge.judge(foreign.issue("alice"), row, other) is Code.CERTIFICATE_OF_NOBODY
    assert judge.judge(ca.issue("alice"), other, row) is None


@pytest.mark.parametrize(
    ("names", "more"),
    [
        pytest.param([mail("alice@example.ac.jp"), mail("bob@example.ac.jp")], {}, id="R-14-two-addresses"),
        pytest.param([mail("bob@example.ac.jp"), mail("alice@example.ac.jp")], {}, id="R-14-two-the-other-way"),
        pytest.param([mail("alice@example.ac.jp")] * 2, {}, id="R-14-the-same-twice"),
        pytest.param([principal("alice@example.ac.jp"), principal("bob@example.ac.jp")], UPN_ROW, id="R-14-two-upn"),
        pytest.param([x509.DNSName("alice.example.ac.jp")], {}, id="R-14-no-address"),
        pytest.param([mail("alice@example.ac.jp")], UPN_ROW, id="R-14-no-upn"),
        pytest.param([mail("alice@example.ac.jp")], SERIAL_ROW, id="R-14-no-serial"),
        pytest.param([mail("nobody@example.ac.jp")], {}, id="R-14-nobody"),
        pytest.param([mail("twin@example.ac.jp")], {}, id="R-14-two-entries"),
        pytest.param([mail("alice@example.ac.jp\0.evil.example")], {}, id="R-14-nul"),
        pytest.param([mail("alice@example.ac.jp ")], {}, id="R-14-blank"),
        pytest.param([mail("*")], {}, id="R-14-star"),
        pytest.param([mail("alice@example.ac.jp)(uid=*")], {}, id="R-14-filter"),
        pytest.param([principal("alice@example.ac.jp\0")], UPN_ROW, id="R-14-nul-upn"),
        pytest.param(
            [x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x04\x05alice")], UPN_ROW, id="type"
        ),
        pytest.param([x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x05alice")], UPN_ROW, id="other-name"),
    ],
)
def test_what_does_not_name_one_person_names_nobody(
    judge: Judge, ca: ClientCA, row: Row, names: list[x509.GeneralName], more: Row
) -> None:
    assert judge.judge(ca.issue("alice", *names), {**row, **more}) is Code.CERTIFICATE_OF_NOBODY


def test_r14_two_serial_numbers_name_nobody(judge: Judge, ca: ClientCA, row: Row, slapd: RunningSlapd) -> None:
    add(slapd, ALICE, "employeeNumber", b"1")

    two = ca.issue("x", subject=(*serial("1"), *serial("2")))
    assert judge.judge(two, {**row, **SERIAL_ROW}) is Code.CERTIFICATE_OF_NOBODY


def test_r14_the_common_name_is_never_asked(judge: Judge, ca: ClientCA, row: Row) -> None:
    named_alice = ca.issue("alice", mail("bob@example.ac.jp"))

    assert judge.judge(named_alice, row, username="alice") is Code.CERTIFICATE_OF_ANOTHER
    assert judge.judge(named_alice, row, username="bob") is None


def test_an_attribute_the_directory_does_not_know_names_nobody(judge: Judge, ca: ClientCA, row: Row) -> None:
    assert judge.judge(ca.issue(), {**row, "attribute": "noSuchAttribute"}) is Code.CERTIFICATE_OF_NOBODY
