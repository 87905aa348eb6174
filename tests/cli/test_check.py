"""`warifu check` asks what a site depends on, and says everything that is wrong at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import plugins.totp.method
from idp.cli.main import main
from idp.plugin import CredentialKind
from plugins.totp.credential import TOTP
from tests.cli.sites import append, change
from tests.parts.service_provider import TestSP
from tests.parts.site import make_conf
from tests.parts.slapd import RunningSlapd, free_port
from tests.parts.smtp import PostOffice

PLAIN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]'


@pytest.fixture(scope="module")
def post_office() -> Iterator[PostOffice]:
    with PostOffice() as running:
        yield running


@pytest.fixture
def conf(tmp_path: Path, slapd: RunningSlapd, post_office: PostOffice) -> Path:
    methods, mail = ("password", "totp"), post_office.toml()
    return make_conf(tmp_path / "conf", slapd, listen_toml=PLAIN, mail_toml=mail, methods=methods)


def check(conf: Path) -> Result:
    return CliRunner().invoke(main, ["check", "--conf", str(conf)])


def test_nothing_is_wrong(conf: Path) -> None:
    done = check(conf)

    assert (done.exit_code, done.output) == (0, "nothing is wrong\n")


def _address(conf: Path) -> None:
    text = (conf / "idp.toml").read_text()
    uri = text.partition("uris = [")[2].partition("]")[0]
    change(conf, uri, f'"ldap://127.0.0.1:{free_port()}"')


def _password(conf: Path) -> None:
    (conf / "secrets/directory-password").write_text("not the verifier's")


def _enrol_password(conf: Path) -> None:
    file = conf / "secrets/wrong"
    file.touch(mode=0o600)
    file.write_text("not the enroller's")
    text = (conf / "idp.toml").read_text()
    change(conf, text.partition("enrol_password_file = ")[2].partition("\n")[0], '"secrets/wrong"')


def _authority(conf: Path) -> None:
    text = (conf / "idp.toml").read_text()
    change(conf, text.partition("\nca = ")[2].partition("\n")[0], '"keys/signing.crt"')


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        pytest.param(_address, "directory.uris", id="nobody-there"),
        pytest.param(_password, "directory.uris", id="wrong-password"),
        pytest.param(_authority, "directory.uris", id="another-authority"),
        pytest.param(_enrol_password, "directory.writer", id="wrong-enrol-password"),
    ],
)
def test_a_directory_that_does_not_serve_us_is_named(conf: Path, spoil: Callable[[Path], None], key: str) -> None:
    spoil(conf)

    done = check(conf)

    assert done.exit_code == 1
    assert f"{conf}/idp.toml: {key}: " in done.output
    assert done.output.endswith("1 to mend\n")


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        pytest.param(TOTP, "", id="F-20-installed"),
        pytest.param(
            CredentialKind("totp", "noSuchToken", {**TOTP.fields, "secret": "noSuchSecret"}),
            "noSuchToken, noSuchSecret",
            id="F-20-not-installed",
        ),
    ],
)
def test_a_schema_that_is_not_installed_is_named(
    conf: Path, monkeypatch: pytest.MonkeyPatch, kind: CredentialKind, lacking: str
) -> None:
    monkeypatch.setattr(plugins.totp.method, "TOTP", kind)

    done = check(conf)

    assert done.exit_code == bool(lacking)
    assert (f"it does not know {lacking}. Add conf/ldap/oath-ldap.ldif" in done.output) == bool(lacking)


def test_everything_wrong_is_said_at_once(conf: Path) -> None:
    _address(conf)
    (conf / "metadata/broken.xml").write_text("<EntityDescriptor")
    (conf / "state").chmod(0o777)
    done = check(conf)
    assert "everybody may write" in done.output

    (conf / "state").chmod(0o700)
    done = check(conf)

    assert done.exit_code == 1
    assert "directory.uris" in done.output
    assert "broken.xml" in done.output
    assert done.output.endswith("2 to mend\n")


def test_several_files_are_judged_at_once(conf: Path) -> None:
    (conf / "keys/signing.key").chmod(0o644)
    (conf / "keys/seal.key").chmod(0o640)
    (conf / "secrets/directory-password").unlink()

    done = check(conf)

    assert done.exit_code == 1
    assert [line.split(": ")[1] for line in done.output.splitlines()[:-1]] == [
        "keys.signing[0].key",
        "keys.seal[0]",
        "directory.bind_password_file",
    ]
    assert done.output.count("chmod 600") == 2


def test_a_weakening_is_named_and_stops_nothing(conf: Path) -> None:
    append(conf, '[[service_provider]]\nentity_id = "https://old.example.org"\nallow_sha1 = true')
    change(conf, "# required = true", "required = false")

    done = check(conf)

    assert done.exit_code == 0
    assert [line.partition(": ")[0] for line in done.output.splitlines()] == ["warning", "warning", "nothing is wrong"]
    assert "https://old.example.org: SHA-1" in done.output
    assert "audit.required" in done.output


def test_a_mail_server_that_does_not_serve_us_is_named(conf: Path, post_office: PostOffice) -> None:
    change(conf, f"port = {post_office.port}", f"port = {free_port()}")

    done = check(conf)

    assert done.exit_code == 1
    assert "mail.server: the mail server does not serve us" in done.output


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('server = "127.0.0.1"', 'server = "smtp.example.ac.jp"', "mail.tls"),
        ('tls = "none"', 'tls = "none"\nusername = "warifu"', "mail.password_file"),
        ('tls = "none"', 'tls = "none"\nca = "tls/none.crt"', "mail.ca"),
        ('from = "noreply@example.ac.jp"', 'from = "a@example.ac.jp, b@example.ac.jp"', "mail.from"),
        ('from = "noreply@example.ac.jp"', 'from = "a@example.ac.jp\\r\\nBcc: b@example.ac.jp"', "mail.from"),
        ('reply_to = "help@example.ac.jp"', 'reply_to = "help"', "mail.reply_to"),
        ('tls = "none"', 'tls = "sometimes"', "mail.tls"),
    ],
)
def test_mail_settings_that_are_unsafe_are_named(conf: Path, old: str, new: str, key: str) -> None:
    change(conf, old, new)

    done = check(conf)

    assert done.exit_code == 1
    assert f": {key}: " in done.output


def test_the_password_of_the_mail_server_is_its_owners_alone(conf: Path) -> None:
    file = conf / "secrets/mail-password"
    file.touch(mode=0o644)
    file.write_text("secret of the mail server")
    change(conf, 'tls = "none"', 'tls = "none"\nusername = "warifu"\npassword_file = "secrets/mail-password"')

    done = check(conf)

    assert done.exit_code == 1
    assert "chmod 600" in done.output
    assert "secret of" not in done.output


def test_a_site_that_tells_nobody_is_warned(tmp_path: Path, slapd: RunningSlapd) -> None:
    done = check(make_conf(tmp_path / "conf", slapd, listen_toml=PLAIN, methods=("password", "totp")))

    assert done.exit_code == 0
    assert done.output.startswith("warning: mail: not configured: nobody is told")


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "../../etc/passwd", ""])
def test_a_time_zone_that_is_none_is_named(conf: Path, zone: str) -> None:
    change(conf, '# time_zone = "Asia/Tokyo"', f'time_zone = "{zone}"')

    done = check(conf)

    assert done.exit_code == 1
    assert "site.time_zone: is no time zone" in done.output


def test_a_limit_that_is_none_is_named(conf: Path) -> None:
    append(conf, '[limits.totp]\nperson = ["5 in 5 minutes"]')

    done = check(conf)

    assert done.exit_code == 1
    assert "limits: '5 in 5 minutes' is no limit" in done.output


def test_registered_service_providers_are_listed(conf: Path) -> None:
    sp = TestSP("listed")
    (conf / "metadata/listed.xml").write_bytes(sp.metadata(display_names={"en": "The library"}))
    assert check(conf).exit_code == 0

    done = CliRunner().invoke(main, ["metadata", "list", "--conf", str(conf)])

    assert done.output == f"{sp.entity_id}\tThe library\tlisted.xml\n"
