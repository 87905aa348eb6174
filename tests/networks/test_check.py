"""`warifu check` says what of networks and rules cannot be meant so, and what to do."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.main import main
from tests.cli.sites import change
from tests.login.conftest import SP
from tests.parts.driver import CAMPUS, Browser, Wire
from tests.parts.served import register, serving
from tests.parts.site import ASK_ALWAYS, make_conf
from tests.parts.slapd import RunningSlapd

PLAIN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]'
NETWORKS = '[networks.campus]\nranges = ["192.0.2.0/24", "2001:db8:c::/48"]\nexcept = ["192.0.2.128/25"]\n'
RULES = '[[login.rules]]\nname = "campus"\n'


@pytest.fixture
def conf(tmp_path: Path, slapd: RunningSlapd) -> Path:
    return make_conf(tmp_path / "conf", slapd, listen_toml=PLAIN, methods=("password", "totp"))


def check(conf: Path) -> Result:
    return CliRunner().invoke(main, ["check", "--conf", str(conf)])


def warnings(done: Result) -> list[str]:
    """Give what is doubted of networks and rules."""
    return [line for line in done.output.splitlines() if line.startswith(("warning: networks", "warning: login.rules"))]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[networks.lab]\nranges = ["192.0.2.64/26"]\n', "networks.lab: 192.0.2.64/26 is in campus already"),
        ('[networks.world]\nranges = ["::/0"]\n', "networks.world: the whole internet is in it"),
        (
            '[networks.lab]\nranges = ["203.0.113.0/25"]\nexcept = ["203.0.113.0/24"]\n',
            "networks.lab: 203.0.113.0/25 is wholly excepted",
        ),
    ],
    ids=["in-another", "everybody", "nobody"],
)
def test_a_network_that_holds_what_cannot_be_meant_is_a_warning(conf: Path, text: str, says: str) -> None:
    change(conf, NETWORKS, NETWORKS + text)

    done = check(conf)

    assert done.exit_code == 0
    [warning] = warnings(done)
    assert says in warning


def test_guests_before_the_campus_are_no_mistake(conf: Path) -> None:
    change(conf, NETWORKS, '[networks.guests]\nranges = ["192.0.2.64/26"]\n' + NETWORKS)

    assert warnings(check(conf)) == []


@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param(
            'name = "all"\nrequire = "password"', "'campus' never decides: 'all', which comes first", id="shadowed"
        ),
        pytest.param(
            'name = "all"\nnetworks = ["outside", "campus"]\nrequire = "password"',
            "'everywhere else' never decides: 'all'",
            id="shadowed-by-all-networks",
        ),
        pytest.param(
            'name = "campus"\nauthn_contexts = []\ngroups = ["cn=x"]\nrequire = "refuse"',
            "another rule",
            id="named-twice",
        ),
        pytest.param('name = "staff"\ngroups = ["staff"]\nrequire = "password"', "'staff' is no DN", id="no-dn"),
        pytest.param(
            'name = "typo"\nservice_providers = ["https://typo.example.org"]\nrequire = "two-factors"',
            "login.rules[0].service_providers: no service provider 'https://typo.example.org' is registered",
            id="no-such-service-provider",
        ),
        pytest.param(
            'name = "typo"\nentity_categories = ["https://typo"]\nrequire = "two-factors"',
            "login.rules[0].entity_categories: nobody registered has 'https://typo'",
            id="no-such-category",
        ),
    ],
)
def test_a_rule_that_cannot_be_meant_is_a_warning(conf: Path, row: str, says: str) -> None:
    register(conf, SP)
    change(conf, RULES, f"[[login.rules]]\n{row}\n\n{RULES}")

    done = check(conf)

    assert done.exit_code == 0
    assert says in done.output


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('networks = ["campus"]', 'networks = ["kampus"]', "login.rules[0].networks", "there is no network 'kampus'"),
        ('require = "password"', 'require = "nothing"', "login.rules[0].require", "'password'"),
        (RULES, f'{RULES}authn_contexts = ["urn:x"]\n', "login.rules[0].authn_contexts", "not in login.authn_contexts"),
        ("192.0.2.0/24", "192.0.2.7/24", "networks.campus.ranges[0]", "write 192.0.2.0/24, or 192.0.2.7"),
        ("192.0.2.0/24", "::ffff:192.0.2.0/120", "networks.campus.ranges[0]", "write it as IPv4"),
        ("except = [", 'file = "x.txt"\nexcept = [', "networks.campus", "remove `ranges` and `except`"),
    ],
    ids=["no-network", "no-requirement", "no-class", "host-bits", "mapped", "two-places"],
)
def test_a_rule_or_network_that_names_what_is_not_there_is_a_mistake(
    conf: Path, old: str, new: str, key: str, says: str
) -> None:
    file = conf / "idp.toml"
    file.write_text(file.read_text().replace(old, new, 1))

    done = check(conf)

    assert done.exit_code == 1
    assert key in done.output
    assert says in done.output


def test_no_rule_for_an_action_is_a_warning(conf: Path) -> None:
    text = (conf / "idp.toml").read_text()
    begin, end = text.index('[[login.rules]]\nname = "reset on campus"'), text.index("[[login.authn_contexts]]")
    (conf / "idp.toml").write_text(text[:begin] + text[end:])

    assert "warning: login.rules: no rule is about 'reset'" in check(conf).output


def test_f21_a_plain_listener_that_believes_nobody_is_a_mistake(tmp_path: Path, slapd: RunningSlapd) -> None:
    conf = make_conf(tmp_path / "conf", slapd, listen_toml='plain = "127.0.0.1:8080"')

    done = check(conf)

    assert done.exit_code == 1
    assert "listen.proxies: the plain listener believes nobody" in done.output


@pytest.mark.parametrize(
    "text", [None, "", "192.0.2.0/24\n", "campus\nend\n"], ids=["absent", "empty", "half", "wrong"]
)
def test_n07_a_network_file_that_cannot_be_used_is_a_mistake(conf: Path, text: str | None) -> None:
    change(conf, NETWORKS, '[networks.campus]\nfile = "campus.txt"\n')
    if text is not None:
        (conf / "campus.txt").write_text(text)

    done = check(conf)

    assert done.exit_code == 1
    assert "networks.campus: " in done.output
    assert str(conf / "campus.txt") in done.output


@pytest.mark.slow
def test_n07_a_site_starts_without_its_network_file_and_says_so(tmp_path: Path, slapd: RunningSlapd) -> None:
    """At night nobody is there to mend it: people log in with two factors until somebody does."""
    listed = ((NETWORKS, '[networks.campus]\nfile = "nothing.txt"\n'),)
    with serving(tmp_path, slapd, SP, workers=1, plugins_toml=ASK_ALWAYS, replace=listed) as site:
        browser = Browser(Wire(site.port), CAMPUS)
        page, _ = browser.visit(SP)
        assert browser.submit(page, j_username="alice", j_password="alice's Password 1").page == "certificate"

        assert "nothing.txt: it cannot be read" in (tmp_path / "server.log").read_text()
