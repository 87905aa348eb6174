"""What is wrong with a configuration is said at once, with file, line, key and remedy."""

from pathlib import Path

import pytest

from idp.core.errors import ConfigError, Problem
from idp.plugin import Settings
from idp.settings.load import load_plugin_settings, load_settings
from tests.cli.sites import append, change, new_site

REGISTER = 'name = "register elsewhere"\naction = "register"\n'
ELSEWHERE = f'{REGISTER}ways = [["password", "activation"]]'


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return new_site(tmp_path / "conf")


def problems_of(conf: Path) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load_settings(conf)
    return caught.value.problems


def line_of(conf: Path, text: str) -> int:
    lines = (conf / "idp.toml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_paths_are_relative_to_the_file(conf: Path) -> None:
    settings = load_settings(conf)

    assert settings.keys.signing[0].key == conf / "keys/signing.key"
    assert settings.store.path == conf / "state/store.sqlite"
    assert load_settings(conf / "idp.toml") == settings


@pytest.mark.parametrize(
    ("old", "new", "key", "says", "remedy"),
    [
        ("bind_dn =", "bnd_dn =", "directory.bnd_dn", "no such key", "'bind_dn'"),
        ("bind_dn =", 'bind_password = "x"\nbind_dn =', "directory.bind_password", "no such key", "bind_password_file"),
        ("[session]", "[sesion]", "sesion", "no such key", "'session'"),
        ("start_tls = true", 'start_tls = "perhaps"', "directory.start_tls", "bool", ""),
        ("[session]", "[session]\nidle_minutes = 0", "session.idle_minutes", "greater than or equal to 1", ""),
        ('log = "log/audit.log"', "", "audit.log", "missing", "Add it"),
        ('"192.0.2.0/24"', '"192.0.2.1/24"', "networks.campus.ranges[0]", "host bits", ""),
        ('require = "password"', 'require = "nothing"', "login.rules[0].require", "'password'", ""),
    ],
)
def test_a_wrong_key_is_named_with_its_line(conf: Path, old: str, new: str, key: str, says: str, remedy: str) -> None:
    change(conf, old, new)

    first = problems_of(conf)[0]

    assert first.key == key
    assert says in first.what
    assert remedy in first.remedy
    assert first.file.startswith(f"{conf}/idp.toml:")


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('networks = ["campus"]', 'networks = ["camps"]', "login.rules[0].networks", "no network 'camps'"),
        (
            'order.\nmethods = ["password", "totp"]',
            'order.\nmethods = ["password"]',
            "login.authn_contexts[1].methods",
            "totp",
        ),
        ('plain = "127.0.0.1:8080"', "", "listen", "no address to serve"),
        ('plain = "127.0.0.1:8080"', 'plain = "localhost"', "listen.plain", "not an address"),
        ('plain = "127.0.0.1:8080"', 'main = "0.0.0.0:443"', "listen.tls_certificate", "TLS needs"),
        ('base_url = "https:', 'base_url = "http:', "site.base_url", "https"),
        ('path = "state/store.sqlite"', "", "store", "one place"),
        ('source = "mail"', "", "attributes.mail", "no values"),
        (ELSEWHERE, f'{REGISTER}ways = [["password", "card"]]', "login.rules[3].ways", "'card' is not enabled"),
        (ELSEWHERE, f"{REGISTER}ways = [[]]", "login.rules[3].ways[0]", "at least 1"),
        (ELSEWHERE, f'{REGISTER}ways = [["clientcert"]]', "login.rules[3].ways", "says nobody's name"),
        (ELSEWHERE, f'{REGISTER}ways = [["password", "password"]]', "login.rules[3].ways", "names a method twice"),
        (ELSEWHERE, REGISTER, "login.rules[3]", "`require`, or `ways`"),
        (ELSEWHERE, f'{ELSEWHERE}\nrequire = "refuse"', "login.rules[3]", "`require`, or `ways`"),
        ("[metadata]", "[plugins.clientcert]\n[metadata]", "plugins.clientcert", "not used"),
    ],
)
def test_parts_that_contradict_are_named(conf: Path, old: str, new: str, key: str, says: str) -> None:
    change(conf, old, new)

    found = {problem.key: problem.what for problem in problems_of(conf)}

    assert says in found[key]


def test_everything_wrong_is_said_at_once(conf: Path) -> None:
    change(conf, "bind_dn =", "bnd_dn =")
    change(conf, "[session]", "[session]\nidle_minutes = 0")
    change(conf, 'log = "log/audit.log"', "")

    assert {problem.key for problem in problems_of(conf)} == {"directory.bnd_dn", "session.idle_minutes", "audit.log"}


def test_a_line_that_is_not_toml_is_named(conf: Path) -> None:
    change(conf, "[session]", "[session\n")

    (problem,) = problems_of(conf)

    assert f"line {line_of(conf, '[session')}" in problem.what


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path)

    assert problem.file == f"{tmp_path}/idp.toml"
    assert "no such file" in problem.what


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("want_authn_requests_only_with_valid_cert = true", id="A-23-valid-cert"),
        pytest.param("only_use_keys_in_metadata = false", id="A-23-keys-in-metadata"),
        pytest.param("disable_ssl_certificate_validation = true", id="A-23-ssl-validation"),
    ],
)
@pytest.mark.parametrize("table", ["[saml]", "[plugins.totp]", "[saml2.service.idp]"])
def test_forbidden_pysaml2_options_are_refused_wherever_they_hide(conf: Path, option: str, table: str) -> None:
    if table == "[saml]":
        change(conf, "[saml]", f"[saml]\n{option}")
    else:
        append(conf, f"{table}\n{option}")

    found = [problem for problem in problems_of(conf) if "pysaml2" in problem.what]

    assert [problem.key for problem in found] == [f"{table.strip('[]')}.{option.split(' ', maxsplit=1)[0]}"]
    assert found[0].file == f"{conf}/idp.toml:{line_of(conf, option)}"


class PluginSettings(Settings):
    """As a plug-in declares them."""

    anchors: Path
    depth: int = 3


def test_a_plug_ins_table_is_checked_in_the_same_words(conf: Path) -> None:
    append(conf, '[plugins.totp]\nanchors = "tls/ca.pem"\ndepht = 2')

    good = load_plugin_settings(PluginSettings, {"anchors": "tls/ca.pem"}, conf, "totp")
    with pytest.raises(ConfigError) as caught:
        load_plugin_settings(PluginSettings, {"anchors": "tls/ca.pem", "depht": 2}, conf, "totp")

    assert good.anchors == conf / "tls/ca.pem"
    (problem,) = caught.value.problems
    assert (problem.key, problem.remedy) == ("plugins.totp.depht", "Did you mean 'depth'?")
    assert problem.file == f"{conf}/idp.toml:{line_of(conf, 'depht')}"
