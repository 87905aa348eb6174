"""What `warifu check` says of client certificates, and what does not start."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.main import main
from tests.clientcert.conftest import site_options
from tests.parts.client_certificates import DAY, ClientCA, authority_toml, make_client_ca
from tests.parts.site import ASK_ALWAYS, CERTIFICATE_URL, NOW, make_conf
from tests.parts.slapd import RunningSlapd

LISTEN = f'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]\ncertificate_url = "{CERTIFICATE_URL}"\n'


def check(conf: Path) -> str:
    """Give the words of the command, which must find something."""
    done = CliRunner().invoke(main, ["--conf", str(conf), "check"])
    assert done.exit_code == 1, done.output
    return done.output


def conf_with(folder: Path, slapd: RunningSlapd, listen: str, rows: str) -> Path:
    return make_conf(folder / "conf", slapd, listen_toml=listen, plugins_toml=ASK_ALWAYS + rows)


def test_an_enabled_method_without_an_address_or_an_authority_is_named(slapd: RunningSlapd, tmp_path: Path) -> None:
    output = check(make_conf(tmp_path / "conf", slapd))

    assert "listen.certificate_url: browsers have nowhere to show a certificate" in output
    assert "plugins.clientcert.authorities: nobody's certificates are accepted" in output


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_authority_that_cannot_be_read_is_named(slapd: RunningSlapd, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)

    output = check(conf_with(tmp_path, slapd, LISTEN, authority_toml(file)))

    assert f"{file}: holds no certificates that can be read" in output


def test_a_path_is_relative_to_the_configuration(slapd: RunningSlapd, tmp_path: Path) -> None:
    output = check(conf_with(tmp_path, slapd, LISTEN, authority_toml(Path("tls/ca.pem"))))

    assert f"{tmp_path}/conf/tls/ca.pem: holds no certificates" in output


def test_a_missing_list_is_named(slapd: RunningSlapd, ca: ClientCA, tmp_path: Path) -> None:
    file = ca.file(tmp_path / "ca.pem")

    assert "no list of revoked certificates" in check(conf_with(tmp_path, slapd, LISTEN, authority_toml(file)))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda ca, other, file: None, "is no list of revoked certificates that can be read", id="missing"),
        pytest.param(lambda ca, other, file: file.write_bytes(b"x"), "is no list of revoked", id="no-list"),
        pytest.param(lambda ca, other, file: ca.crl(file, ends=NOW - DAY), "is not of today", id="expired"),
        pytest.param(lambda ca, other, file: other.crl(file), "is signed by no authority of this row", id="foreign"),
    ],
)
def test_a_list_that_is_no_good_is_named(
    slapd: RunningSlapd, ca: ClientCA, foreign: ClientCA, tmp_path: Path, make: object, says: str
) -> None:
    file = tmp_path / "ca.crl"
    make(ca, foreign, file)  # type: ignore[operator]
    rows = authority_toml(ca.file(tmp_path / "ca.pem"), crls=f'["{file}"]')

    assert f"{file}: {says}" in check(conf_with(tmp_path, slapd, LISTEN, rows))


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ('matches = "mail"\n', "authorities[0].matches"),
        ('revocation = "later"\n', "authorities[0].revocation"),
        ('attribute = "mail)(uid=*"\n', "authorities[0].attribute"),
    ],
)
def test_a_setting_that_is_none_is_named_with_its_line(
    slapd: RunningSlapd, ca: ClientCA, tmp_path: Path, rows: str, key: str
) -> None:
    row = authority_toml(ca.file(tmp_path / "ca.pem")).replace('match = "mail"\n', rows)

    assert f"plugins.clientcert.{key}" in check(conf_with(tmp_path, slapd, LISTEN, row))


@pytest.mark.parametrize(
    ("listen", "key"),
    [
        ('certificate_url = "https://idp.example.ac.jp"', "listen.certificate_url: it is the main address"),
        ('certificate_url = "http://idp.example.ac.jp:9443"', "listen.certificate_url"),
        ('certificate_url = "https://idp.example.ac.jp:9443/idp"', "listen.certificate_url"),
        ('certificate_header = "X-C"', "listen.verify_header: a certificate is believed with the proxy's word"),
        ('certificate_header = "X_C"\nverify_header = "X-V"', "listen.certificate_header"),
        ('certificate_header = "X-C"\nverify_header = "X-V"\nproxies = []', "listen.proxies"),
    ],
)
def test_addresses_and_headers_that_cannot_both_hold_are_named(
    slapd: RunningSlapd, tmp_path: Path, listen: str, key: str
) -> None:
    proxies = "" if "proxies" in listen else 'proxies = ["127.0.0.1/32"]\n'

    assert key in check(conf_with(tmp_path, slapd, f'plain = "127.0.0.1:8080"\n{proxies}{listen}\n', ""))


def test_nothing_is_wrong_with_a_site_that_has_all(slapd: RunningSlapd, ca: ClientCA, tmp_path: Path) -> None:
    today = make_client_ca("people", datetime.now(UTC))
    conf = make_conf(tmp_path / "conf", slapd, **site_options(today, tmp_path))

    done = CliRunner().invoke(main, ["--conf", str(conf), "check"])

    assert (done.exit_code, "nothing is wrong" in done.output) == (0, True), done.output
