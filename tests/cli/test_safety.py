"""What is unsafe is not started, and `check` and `serve` say the same of it (security.md 5.2)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.cli import keys
from idp.cli.demo_ca import DemoCA
from idp.cli.main import main
from idp.cli.safety import CANNOT_START, Findings, examine
from idp.seal import EXAMPLE_KEY
from tests.cli.sites import append, change, new_site

NOW = datetime.now(UTC)
NOBODY = 65534


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return new_site(tmp_path / "conf")


def findings_of(conf: Path) -> Findings:
    return examine(conf, NOW)


def keys_of(findings: Findings) -> set[str]:
    return {problem.key for problem in findings.problems}


def test_nothing_is_wrong_with_a_new_site(conf: Path) -> None:
    assert findings_of(conf).problems == ()


@pytest.mark.parametrize("name", ["signing.key", "seal.key", "cookie.key"])
@pytest.mark.parametrize(
    "mode", [pytest.param(0o644, id="K-01-world-readable"), pytest.param(0o640, id="K-01-group-readable")]
)
def test_a_key_that_others_can_read_is_refused(conf: Path, name: str, mode: int) -> None:
    (conf / "keys" / name).chmod(mode)

    (problem,) = findings_of(conf).problems

    assert f"mode {mode:04o}" in problem.what
    assert problem.remedy == f"chmod 600 {conf / 'keys' / name}"


@pytest.mark.parametrize("name", [pytest.param("signing.key", id="K-01-other-owner")])
def test_a_key_of_another_owner_is_refused(conf: Path, name: str) -> None:
    if os.geteuid() != 0:
        return  # only root can give a file away
    os.chown(conf / "keys" / name, NOBODY, NOBODY)

    (problem,) = findings_of(conf).problems

    assert problem.what.endswith(f"belongs to uid {NOBODY}")


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _another_key(conf: Path) -> None:
    (conf / "keys/signing.key").write_bytes(_pem(rsa.generate_private_key(65537, 2048)))


def _elliptic_key(conf: Path) -> None:
    (conf / "keys/signing.key").write_bytes(_pem(ec.generate_private_key(ec.SECP256R1())))


def _short_key(conf: Path) -> None:
    _new_pair(conf, bits=1024)


def _broken_key(conf: Path) -> None:
    (conf / "keys/signing.key").write_text("-----BEGIN PRIVATE KEY-----\n")


def _broken_certificate(conf: Path) -> None:
    (conf / "keys/signing.crt").write_text("nothing")


def _new_pair(conf: Path, *, bits: int = 2048, now: datetime = NOW) -> None:
    (conf / "keys/signing.key").unlink()
    before, keys.SIGNING_KEY_BITS = keys.SIGNING_KEY_BITS, bits
    try:
        keys.write_signing_pair(conf / "keys/signing.key", conf / "keys/signing.crt", "https://idp.test", now)
    finally:
        keys.SIGNING_KEY_BITS = before


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(_another_key, "is of another key", id="K-02-mismatch"),
        pytest.param(_elliptic_key, "is not an RSA key", id="K-02-not-rsa"),
        pytest.param(_short_key, "has 1024 bits", id="K-02-short"),
        pytest.param(_broken_key, "not a PEM private key", id="K-02-no-key"),
        pytest.param(_broken_certificate, "not a PEM certificate", id="K-02-no-certificate"),
    ],
)
def test_a_key_pair_that_cannot_serve_is_refused(conf: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(conf)

    found = [problem.what for problem in findings_of(conf).problems if problem.key == "keys.signing[0]"]

    assert any(says in what for what in found)


@pytest.mark.parametrize(
    ("began", "says"),
    [
        pytest.param(NOW - timedelta(days=365 * 11), "has expired", id="K-02-expired"),
        pytest.param(NOW - timedelta(days=365 * 10 - 20), "expires on", id="K-02-soon"),
        pytest.param(NOW + timedelta(days=2), "is not valid before", id="K-02-not-yet"),
    ],
)
def test_a_certificate_out_of_time_is_a_warning(conf: Path, began: datetime, says: str) -> None:
    _new_pair(conf, now=began)

    findings = findings_of(conf)

    assert findings.problems == ()
    assert any(says in warning for warning in findings.warnings)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"00" * 32, id="X-09-zeros"),
        pytest.param(bytes(range(32)).hex().encode(), id="X-09-counting"),
        pytest.param(b"changeme" * 4, id="X-09-changeme"),
        pytest.param(b"this is an example key, replace it", id="X-09-example"),
        pytest.param(EXAMPLE_KEY, id="X-09-documented"),
        pytest.param(b"a3f1", id="X-09-short"),
    ],
)
@pytest.mark.parametrize("name", ["seal.key", "cookie.key"])
def test_a_default_key_is_refused(conf: Path, name: str, content: bytes) -> None:
    (conf / "keys" / name).write_bytes(content)

    assert keys_of(findings_of(conf)) == {"keys.cookie" if name == "cookie.key" else "keys.seal[0]"}


@pytest.mark.parametrize(
    "password", [pytest.param(text, id=f"X-09-{text or 'empty'}") for text in ("", "secret", "Password1!", "admin")]
)
def test_a_default_password_is_refused(conf: Path, password: str) -> None:
    (conf / "secrets/directory-password").write_text(password)

    assert keys_of(findings_of(conf)) == {"directory.bind_password_file"}


@pytest.mark.parametrize("where", [pytest.param("tls", id="X-09-demo-certificate")])
def test_the_demos_certificates_are_refused_elsewhere(conf: Path, where: str) -> None:
    ca = DemoCA(conf / where)
    ca.prepare(NOW)
    change(conf, 'plain = "127.0.0.1:8080"', 'main = "127.0.0.1:8443"\ntls_certificate = "tls/server.pem"')
    change(conf, 'proxies = ["127.0.0.1/32", "::1/128"]', 'tls_key = "tls/server.key"')

    (problem,) = findings_of(conf).problems

    assert problem.key == "listen.tls_key"
    assert "demonstration" in problem.what


def test_one_key_has_one_use(conf: Path) -> None:
    change(conf, 'cookie = "keys/cookie.key"', 'cookie = "keys/seal.key"')

    assert "keys.cookie" in keys_of(findings_of(conf))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        pytest.param("start_tls = true", "start_tls = false", "directory.uris", id="ldap-in-the-clear"),
        pytest.param('"ldap://ldap', '"http://ldap', "directory.uris", id="not-ldap"),
        pytest.param("127.0.0.1:8080", "0.0.0.0:8080", "listen.plain", id="plain-for-everybody"),
        pytest.param('["127.0.0.1/32", "::1/128"]', "[]", "listen.proxies", id="plain-without-proxy"),
        pytest.param('["127.0.0.1/32", "::1/128"]', '["0.0.0.0/0"]', "listen.proxies", id="everybody-a-proxy"),
        pytest.param('path = "state/store.sqlite"', 'redis = "redis://r.test"', "store.redis", id="redis-in-the-clear"),
        pytest.param('# ca = "tls/ldap-ca.crt"', 'ca = "tls/ldap-ca.crt"', "directory.ca", id="missing-ca"),
        pytest.param('folder = "metadata"', 'folder = "nowhere"', "metadata.folder", id="missing-folder"),
    ],
)
def test_what_is_open_to_others_is_refused(conf: Path, old: str, new: str, key: str) -> None:
    change(conf, old, new)

    assert keys_of(findings_of(conf)) == {key}


@pytest.mark.parametrize(
    "uri", ["ldap://127.0.0.1:389", "ldap://localhost", "ldapi://%2Frun%2Fldapi", "ldaps://l.test"]
)
def test_a_directory_on_this_machine_or_in_tls_may_do_without_starttls(conf: Path, uri: str) -> None:
    change(conf, "start_tls = true", "start_tls = false")
    change(conf, "ldap://ldap.example.ac.jp", uri)

    assert findings_of(conf).problems == ()


@pytest.mark.parametrize("weakening", ["allow_sha1", "allow_cbc", "allow_unencrypted"])
def test_every_weakening_is_named(conf: Path, weakening: str) -> None:
    append(conf, f'[[service_provider]]\nentity_id = "https://old.test/sp"\n{weakening} = true')

    assert [text for text in findings_of(conf).warnings if "https://old.test/sp" in text and weakening in text]


def _unknown_key(conf: Path) -> None:
    change(conf, "[session]", "[session]\nidle = 3")


def _syntax(conf: Path) -> None:
    change(conf, "[session]", "[session")


def _empty_file(conf: Path) -> None:
    (conf / "idp.toml").write_bytes(b"")


def _half_written(conf: Path) -> None:
    file = conf / "idp.toml"
    file.write_bytes(file.read_bytes()[:900])


def _missing_certificate(conf: Path) -> None:
    (conf / "keys/signing.crt").unlink()


def _no_file(conf: Path) -> None:
    shutil.rmtree(conf)


def _forbidden_option(conf: Path) -> None:
    change(conf, "[saml]", "[saml]\nwant_authn_requests_only_with_valid_cert = true")


def _open_key(conf: Path) -> None:
    (conf / "keys/signing.key").chmod(0o644)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_unknown_key, id="F-13-unknown-key"),
        pytest.param(_syntax, id="F-13-syntax"),
        pytest.param(_empty_file, id="F-13-empty"),
        pytest.param(_half_written, id="F-13-partial-write"),
        pytest.param(_missing_certificate, id="F-13-missing-certificate"),
        pytest.param(_no_file, id="F-13-no-file"),
        pytest.param(_forbidden_option, id="A-23"),
        pytest.param(_open_key, id="K-01"),
    ],
)
def test_serve_exits_78_with_the_words_of_check(conf: Path, spoil: Callable[[Path], None]) -> None:
    spoil(conf)

    served = CliRunner().invoke(main, ["serve", "--conf", str(conf)])
    checked = CliRunner().invoke(main, ["--conf", str(conf), "check"])

    assert (served.exit_code, checked.exit_code) == (CANNOT_START, 1)
    assert served.output.strip()
    assert served.output.strip() in checked.output


@pytest.mark.slow
def test_f13_a_first_start_with_a_broken_configuration_exits_78(conf: Path) -> None:
    _unknown_key(conf)

    done = subprocess.run(
        [sys.executable, "-m", "idp.cli", "serve", "--conf", str(conf)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 78
    assert "session.idle: there is no such key" in done.stderr
