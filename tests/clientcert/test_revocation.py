"""Revoked certificates: lists in files, signed by the issuer, of today; no address is ever asked (R-13, F-16)."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from idp.core.codes import Code
from tests.clientcert.conftest import Judge
from tests.parts.client_certificates import DAY, ClientCA, make_client_ca
from tests.parts.site import NOW

Row = dict[str, object]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the list of the authority is."""
    return tmp_path / "list.crl"


@pytest.fixture
def row(ca: ClientCA, tmp_path: Path, file: Path) -> Row:
    """The authority, and a file that each test writes."""
    return {"name": "people", "ca": ca.file(tmp_path / "ca.pem"), "crls": (file,)}


def test_r13_a_revoked_certificate_is_refused(judge: Judge, ca: ClientCA, row: Row, file: Path) -> None:
    revoked, other = ca.issue(), ca.issue()
    ca.crl(file, revoked)

    assert judge.judge(revoked, row) is Code.CERTIFICATE_REVOKED
    assert judge.judge(other, row) is None


@pytest.mark.parametrize("ends", [pytest.param(timedelta(0), id="R-13-now"), pytest.param(-DAY, id="F-16-yesterday")])
def test_a_list_that_has_ended_is_none(judge: Judge, ca: ClientCA, row: Row, file: Path, ends: timedelta) -> None:
    ca.crl(file, ends=NOW + ends)

    assert judge.judge(ca.issue(), row) is Code.REVOCATION_UNKNOWN
    assert judge.alarms


def test_f16_without_a_list_nobody_is_let_in_unchecked(judge: Judge, ca: ClientCA, row: Row) -> None:
    assert judge.judge(ca.issue(), row) is Code.REVOCATION_UNKNOWN
    assert judge.judge(ca.issue(), {**row, "crls": ()}) is Code.REVOCATION_UNKNOWN


def test_r13_a_list_that_another_key_signed_is_none(
    judge: Judge, ca: ClientCA, foreign: ClientCA, row: Row, file: Path
) -> None:
    ca.crl(file, signed_by=foreign)

    assert judge.judge(ca.issue(), row) is Code.REVOCATION_UNKNOWN


def test_r13_a_list_of_another_authority_says_nothing(
    judge: Judge, ca: ClientCA, foreign: ClientCA, row: Row, file: Path
) -> None:
    foreign.crl(file)

    assert judge.judge(ca.issue(), row) is Code.REVOCATION_UNKNOWN


def test_r13_a_persons_own_list_says_nothing(judge: Judge, ca: ClientCA, row: Row, file: Path) -> None:
    shown = ca.issue()
    ClientCA(ca.certificate, shown.key, NOW).crl(file)

    assert judge.judge(shown, row) is Code.REVOCATION_UNKNOWN


@pytest.mark.parametrize("content", [b"", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", b"\0" * 100])
def test_f16_what_is_no_list_is_none(judge: Judge, ca: ClientCA, row: Row, file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert judge.judge(ca.issue(), row) is Code.REVOCATION_UNKNOWN


def test_soft_takes_a_missing_or_old_list_for_no_reason_to_refuse(
    judge: Judge, ca: ClientCA, row: Row, file: Path
) -> None:
    soft = {**row, "revocation": "soft"}
    assert judge.judge(ca.issue(), soft) is None

    revoked = ca.issue()
    ca.crl(file, revoked, ends=NOW - DAY)
    assert judge.judge(ca.issue(), soft) is None
    assert judge.judge(revoked, soft) is Code.CERTIFICATE_REVOKED


def test_off_looks_at_no_list(judge: Judge, ca: ClientCA, row: Row) -> None:
    assert judge.judge(ca.issue(), {**row, "crls": (), "revocation": "off"}) is None


def test_a_list_is_read_again_when_it_changes(ca: ClientCA, file: Path) -> None:
    from plugins.clientcert.revocation import RevocationLists, Verdict

    shown = ca.issue()
    chain = (shown.certificate, ca.certificate)
    lists = RevocationLists((ca.crl(file),), "required")
    assert lists.judge(chain, NOW) is Verdict.GOOD

    ca.crl(file, shown)
    assert lists.judge(chain, NOW) is Verdict.REVOKED
    file.write_bytes(b"half written")
    assert lists.judge(chain, NOW) is Verdict.REVOKED
    file.unlink()
    assert lists.judge(chain, NOW) is Verdict.REVOKED


def test_f16_what_was_last_read_counts_until_it_ends(ca: ClientCA, file: Path) -> None:
    from plugins.clientcert.revocation import RevocationLists, Verdict

    chain = (ca.issue().certificate, ca.certificate)
    lists = RevocationLists((ca.crl(file),), "required")
    assert lists.judge(chain, NOW) is Verdict.GOOD
    file.unlink()

    assert lists.judge(chain, NOW) is Verdict.GOOD
    assert lists.judge(chain, NOW + DAY) is Verdict.UNKNOWN


def test_r13_an_authority_between_may_be_revoked_too(
    judge: Judge, ca: ClientCA, row: Row, file: Path, tmp_path: Path
) -> None:
    between = ca.intermediate("between")
    row["crls"] = (file, between.crl(tmp_path / "between.crl"))
    ca.crl(file)
    assert judge.judge(between.issue(), row, chain=(between.der,)) is None

    ca.crl(file, between)  # type: ignore[arg-type]
    assert judge.judge(between.issue(), row, chain=(between.der,)) is Code.CERTIFICATE_REVOKED


def test_r13_an_authority_between_needs_a_list_as_well(judge: Judge, ca: ClientCA, row: Row, file: Path) -> None:
    between = ca.intermediate("between")
    between.crl(file)

    assert judge.judge(between.issue(), row, chain=(between.der,)) is Code.REVOCATION_UNKNOWN


def _part(**what: object) -> list[tuple[x509.ExtensionType, bool]]:
    given = {"full_name": None, "relative_name": None, "only_some_reasons": None, **what}
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    return [(x509.IssuingDistributionPoint(**dict.fromkeys(flags, False) | given), True)]  # type: ignore[arg-type]


HERE = x509.UniformResourceIdentifier("http://ca.example.ac.jp/1.crl")
ELSEWHERE = x509.UniformResourceIdentifier("http://ca.example.ac.jp/2.crl")


@pytest.mark.parametrize(
    ("extensions", "code"),
    [
        pytest.param(_part(only_contains_user_certs=True), None, id="of-people"),
        pytest.param(_part(only_contains_ca_certs=True), Code.REVOCATION_UNKNOWN, id="R-13-of-authorities"),
        pytest.param(_part(indirect_crl=True), Code.REVOCATION_UNKNOWN, id="R-13-indirect"),
        pytest.param(_part(full_name=[HERE]), None, id="this-part"),
        pytest.param(_part(full_name=[ELSEWHERE]), Code.REVOCATION_UNKNOWN, id="R-13-another-part"),
        pytest.param(
            _part(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
            Code.REVOCATION_UNKNOWN,
            id="R-13-some-reasons",
        ),
        pytest.param([(x509.DeltaCRLIndicator(1), True)], Code.REVOCATION_UNKNOWN, id="R-13-delta"),
    ],
)
def test_only_a_complete_list_for_people_speaks_by_its_silence(
    judge: Judge,
    ca: ClientCA,
    row: Row,
    file: Path,
    extensions: list[tuple[x509.ExtensionType, bool]],
    code: Code | None,
) -> None:
    ca.crl(file, extensions=extensions)
    point = x509.DistributionPoint([HERE], None, None, None)
    shown = ca.issue(extensions=[(x509.CRLDistributionPoints([point]), False)])

    assert judge.judge(shown, row) is code


def test_r13_addresses_in_a_certificate_are_never_asked(judge: Judge, ca: ClientCA, row: Row) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = x509.UniformResourceIdentifier(f"http://127.0.0.1:{server.getsockname()[1]}/list")
        responder = x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, url)
        issuer = x509.AccessDescription(x509.AuthorityInformationAccessOID.CA_ISSUERS, url)
        point = x509.DistributionPoint([url], None, None, None)
        extensions = [
            (x509.CRLDistributionPoints([point]), False),
            (x509.AuthorityInformationAccess([responder, issuer]), False),
        ]

        between = make_client_ca("between", NOW, above=ca)
        assert judge.judge(ca.issue(extensions=extensions), row) is Code.REVOCATION_UNKNOWN
        assert judge.judge(between.issue(extensions=extensions), row) is Code.CERTIFICATE_FOREIGN
        with pytest.raises(TimeoutError):
            server.accept()
