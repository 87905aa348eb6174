"""Whose certificates are accepted, and for what they are made (security.md R-12)."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.core.codes import Code
from idp.plugin import CertificateEvidence, Factor, Proved
from tests.clientcert.conftest import Judge
from tests.parts.client_certificates import DAY, SERVER, ClientCA, make_client_ca
from tests.parts.site import NOW

Row = dict[str, object]


def test_a_certificate_of_the_authority_proves_possession(judge: Judge, ca: ClientCA, row: Row) -> None:
    outcome = judge.resume(CertificateEvidence(ca.issue().der), row)

    assert isinstance(outcome, Proved)
    assert (outcome.subject.username, outcome.proof.method) == ("alice", "clientcert")
    assert (outcome.proof.factors, outcome.proof.at) == ({Factor.POSSESSION}, judge.tools.now)


def test_r12_one_of_another_authority_is_foreign(judge: Judge, foreign: ClientCA, row: Row) -> None:
    assert judge.judge(foreign.issue(), row) is Code.CERTIFICATE_FOREIGN


def test_r12_an_authority_of_the_same_name_is_another_authority(judge: Judge, row: Row) -> None:
    assert judge.judge(make_client_ca("people", NOW).issue(), row) is Code.CERTIFICATE_FOREIGN


def test_r12_a_certificate_that_signed_itself_is_foreign(judge: Judge, ca: ClientCA, row: Row) -> None:
    shown = ca.issue()
    own = ClientCA(shown.certificate, shown.key, NOW)

    assert judge.judge(own.issue(), row) is Code.CERTIFICATE_FOREIGN


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        pytest.param(-3 * DAY, -timedelta(seconds=1), id="R-12-expired"),
        pytest.param(timedelta(seconds=1), DAY, id="R-12-not-yet-valid"),
    ],
)
def test_one_out_of_its_dates_is_refused(
    judge: Judge, ca: ClientCA, row: Row, starts: timedelta, ends: timedelta
) -> None:
    assert judge.judge(ca.issue(starts=NOW + starts, ends=NOW + ends), row) is Code.CERTIFICATE_OUT_OF_DATE


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"purposes": SERVER}, id="R-12-server-only"),
        pytest.param({"purposes": None}, id="R-12-no-purpose"),
        pytest.param({"purposes": [x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, id="R-12-any-purpose"),
        pytest.param({"digital_signature": False}, id="R-12-no-digital-signature"),
        pytest.param({"usage": False}, id="R-12-no-key-usage"),
        pytest.param({"is_ca": True}, id="R-12-an-authority"),
    ],
)
def test_one_that_is_not_for_logging_in_is_refused(
    judge: Judge, ca: ClientCA, row: Row, options: dict[str, object]
) -> None:
    assert judge.judge(ca.issue(**options), row) is Code.CERTIFICATE_NOT_FOR_LOGIN  # type: ignore[arg-type]


def test_r12_the_authoritys_own_certificate_is_no_persons(judge: Judge, ca: ClientCA, row: Row) -> None:
    assert judge.judge(ca.der, row) is Code.CERTIFICATE_NOT_FOR_LOGIN


@pytest.fixture
def below(ca: ClientCA, row: Row, tmp_path: Path) -> tuple[ClientCA, Row]:
    """An authority below the trusted one, with a list of its own."""
    between = ca.intermediate("between")
    return between, {**row, "crls": (row["crls"][0], between.crl(tmp_path / "between.crl"))}  # type: ignore[index]


def test_an_authority_between_may_come_from_the_browser(judge: Judge, below: tuple[ClientCA, Row]) -> None:
    between, row = below

    assert judge.judge(between.issue(), row, chain=(between.der,)) is None


def test_an_authority_between_may_stand_in_the_configuration(
    judge: Judge, below: tuple[ClientCA, Row], tmp_path: Path
) -> None:
    between, row = below
    row = {**row, "intermediates": between.file(tmp_path / "between.pem")}

    assert judge.judge(between.issue(), row) is None


def test_an_issuing_authority_may_be_trusted_itself(judge: Judge, below: tuple[ClientCA, Row], tmp_path: Path) -> None:
    between, row = below
    row = {**row, "ca": between.file(tmp_path / "between.pem")}

    assert judge.judge(between.issue(), row) is None


def test_r12_a_missing_intermediate_is_a_foreign_certificate(judge: Judge, below: tuple[ClientCA, Row]) -> None:
    between, row = below

    assert judge.judge(between.issue(), row) is Code.CERTIFICATE_FOREIGN


def test_r12_an_authority_that_has_expired_vouches_for_nobody(judge: Judge, ca: ClientCA, row: Row) -> None:
    expired = make_client_ca("expired", NOW - 45 * DAY, above=ca)
    shown = expired.issue(starts=NOW - 20 * DAY, ends=NOW + DAY)

    assert judge.judge(shown, row, chain=(expired.der,)) is Code.CERTIFICATE_FOREIGN


def test_r12_a_persons_certificate_issues_no_others(judge: Judge, ca: ClientCA, row: Row) -> None:
    mallory = ca.issue("mallory")
    forged = ClientCA(mallory.certificate, mallory.key, NOW).issue("alice")

    assert judge.judge(forged, row, chain=(mallory.der,)) is Code.CERTIFICATE_FOREIGN


@pytest.mark.parametrize(
    ("permitted", "code"),
    [
        pytest.param(x509.RFC822Name("example.ac.jp"), None, id="permitted"),
        pytest.param(x509.RFC822Name("other.example"), Code.CERTIFICATE_FOREIGN, id="R-12-not-permitted"),
        pytest.param(
            x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bob")])),
            Code.CERTIFICATE_FOREIGN,
            id="R-12-of-a-kind-that-cannot-be-judged",
        ),
    ],
)
def test_name_constraints_hold(
    judge: Judge, ca: ClientCA, row: Row, tmp_path: Path, permitted: x509.GeneralName, code: Code | None
) -> None:
    between = ca.intermediate("between", [(x509.NameConstraints([permitted], None), True)])
    row["crls"] = (row["crls"][0], between.crl(tmp_path / "between.crl"))  # type: ignore[index]

    assert judge.judge(between.issue(), row, chain=(between.der,)) is code


@pytest.mark.parametrize(
    ("key", "code"),
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), Code.CERTIFICATE_FOREIGN, id="R-12-rsa-1024"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP192R1()), Code.CERTIFICATE_FOREIGN, id="R-12-p-192"),
        pytest.param(lambda: rsa.generate_private_key(65537, 2048), None, id="rsa-2048"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), None, id="p-384"),
    ],
)
def test_a_key_has_to_be_strong(judge: Judge, ca: ClientCA, row: Row, key: object, code: Code | None) -> None:
    assert judge.judge(ca.issue(key=key()), row) is code  # type: ignore[operator]


def test_r12_an_unknown_critical_extension_is_refused(judge: Judge, ca: ClientCA, row: Row) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")

    assert judge.judge(ca.issue(extensions=[(unknown, True)]), row) is Code.CERTIFICATE_FOREIGN


def test_r12_a_signature_with_sha1_is_refused(judge: Judge, tmp_path: Path) -> None:
    row, der = _signed_with(tmp_path, "sha1")
    good_row, good = _signed_with(tmp_path, "sha256")
    judge.tools = replace(judge.tools, now=datetime.now(UTC) + timedelta(hours=1))

    assert judge.judge(der, row) is Code.CERTIFICATE_FOREIGN
    assert judge.judge(good, good_row) is None


def test_r12_a_certificate_whose_signature_was_changed_is_foreign(judge: Judge, ca: ClientCA, row: Row) -> None:
    der = bytearray(ca.issue().der)
    der[-1] ^= 1

    assert judge.judge(bytes(der), row) is Code.CERTIFICATE_FOREIGN


@given(place=st.integers(min_value=0), flip=st.integers(1, 255), in_leaf=st.booleans())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_r12_no_octet_of_a_chain_can_be_another(
    judge: Judge, below: tuple[ClientCA, Row], place: int, flip: int, *, in_leaf: bool
) -> None:
    between, row = below
    chain = [between.issue().der, between.der]
    number = 0 if in_leaf else 1
    before, changed = chain[number], bytearray(chain[number])
    changed[place % len(changed)] ^= flip
    chain[number] = bytes(changed)

    assert judge.judge(chain[0], row, chain=(chain[1],)) is not None or _is_same(before, chain[number])


def _is_same(one: bytes, other: bytes) -> bool:
    """Say whether two encodings are one certificate: how many bits of the last octet are filling is not signed."""
    first, second = x509.load_der_x509_certificate(one), x509.load_der_x509_certificate(other)
    return (first.tbs_certificate_bytes, first.signature) == (second.tbs_certificate_bytes, second.signature)


@pytest.mark.parametrize("der", [b"\0", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----", b"\x30" * 9999])
def test_what_is_no_certificate_is_foreign_and_breaks_nothing(judge: Judge, row: Row, der: bytes) -> None:
    assert judge.judge(der, row, chain=(b"\0", der)) is Code.CERTIFICATE_FOREIGN


def test_r11_what_the_proxy_doubted_is_named_by_its_fault_and_never_a_proof(
    judge: Judge, ca: ClientCA, foreign: ClientCA, row: Row
) -> None:
    expired = ca.issue(starts=NOW - 3 * DAY, ends=NOW - DAY)
    codes = [
        getattr(judge.resume(CertificateEvidence(each.der, doubted=True), row), "problem", None)
        for each in (ca.issue(), foreign.issue(), expired)
    ]

    assert codes == [Code.CERTIFICATE_FOREIGN, Code.CERTIFICATE_FOREIGN, Code.CERTIFICATE_OUT_OF_DATE]


def test_without_an_authority_nobody_is_asked(judge: Judge, ca: ClientCA) -> None:
    assert judge.judge(ca.issue()) is Code.CERTIFICATE_NOT_READY


def _signed_with(folder: Path, digest: str) -> tuple[Row, bytes]:
    """Have OpenSSL issue a certificate that we would not."""
    ca = make_client_ca(digest, datetime.now(UTC), key=rsa.generate_private_key(65537, 2048))
    files = {name: folder / f"{digest}.{name}" for name in ("ca", "key", "csr", "ext", "pem", "own")}
    ca.file(files["ca"])
    files["key"].write_bytes(ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files["ext"].write_text(
        "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        "subjectAltName=email:alice@example.ac.jp\nauthorityKeyIdentifier=keyid\n"
    )
    own = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(files["own"]), "-subj", "/CN=alice", "-out"]
    _openssl("req", "-new", *own, str(files["csr"]))
    signing = ["-CA", files["ca"], "-CAkey", files["key"], "-set_serial", "7", "-extfile", files["ext"], "-days", "3"]
    _openssl("x509", "-req", "-in", str(files["csr"]), f"-{digest}", *map(str, signing), "-out", str(files["pem"]))
    assert load_pem_private_key(files["own"].read_bytes(), None)
    shown = x509.load_pem_x509_certificate(files["pem"].read_bytes())
    return {"name": digest, "ca": files["ca"], "revocation": "off"}, shown.public_bytes(Encoding.DER)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
