"""A lock of the directory that falls before ours lets strangers lock people out; `warifu check` says so (W-11)."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.directory_lock import most_failures
from idp.cli.main import main
from idp.cli.slapd_entries import SUFFIX
from idp.plugin import Budget, Limit
from tests.cli.sites import append
from tests.parts.site import make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd

__all__ = ["own_slapd", "slapd"]
POLICY = f"cn=default,ou=policies,{SUFFIX}"
PLAIN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]'


@pytest.fixture
def conf(tmp_path: Path, own_slapd: RunningSlapd) -> Path:
    return make_conf(tmp_path / "conf", own_slapd, listen_toml=PLAIN, methods=("password", "totp"))


def check(conf: Path) -> str:
    done = CliRunner().invoke(main, ["check", "--conf", str(conf)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def set_policy(slapd: RunningSlapd, **values: str) -> None:
    changes = "\n-\n".join(f"replace: {name}\n{name}: {value}" for name, value in values.items())
    slapd.server.apply(f"dn: {POLICY}\nchangetype: modify\n{changes}\n")


def test_the_number_that_the_manual_gives_is_enough(conf: Path) -> None:
    assert "directory: " not in check(conf)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"pwdMaxFailure": "5"}, "pwdMaxFailure 5 can fall before our own limits do", id="W-11-five"),
        pytest.param({"pwdMaxFailure": "80"}, "set it to 81 or more", id="W-11-as-many-as-ours"),
        pytest.param({"pwdFailureCountInterval": "0"}, "failures are never forgotten", id="W-11-never-forgotten"),
    ],
)
def test_a_lock_that_comes_too_early_is_named(
    conf: Path, own_slapd: RunningSlapd, values: dict[str, str], said: str
) -> None:
    set_policy(own_slapd, **values)

    assert f"warning: directory: {POLICY}: " in check(conf)
    assert said in check(conf)


@pytest.mark.parametrize("values", [{"pwdMaxFailure": "81"}, {"pwdMaxFailure": "0"}, {"pwdLockout": "FALSE"}])
def test_a_lock_that_comes_later_or_not_at_all_is_not(
    conf: Path, own_slapd: RunningSlapd, values: dict[str, str]
) -> None:
    set_policy(own_slapd, **values)

    assert POLICY not in check(conf)


def test_limits_of_the_sites_own_are_those_compared(conf: Path, own_slapd: RunningSlapd) -> None:
    set_policy(own_slapd, pwdMaxFailure="20")
    append(conf, '[limits.password]\nperson = ["4/15m"]\n')

    assert POLICY not in check(conf)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        pytest.param([Limit(10, timedelta(minutes=5)), Limit(20, timedelta(hours=1))], 40, id="shipped"),
        pytest.param([Limit(4, timedelta(minutes=15))], 8, id="of-the-manual"),
        pytest.param([Limit(1, timedelta(minutes=1))], 16, id="each-minute"),
    ],
)
def test_one_more_of_each_limits_times_may_have_begun_before(limits: list[Limit], most: int) -> None:
    assert most_failures(Budget(tuple(limits), ()), timedelta(minutes=15)) == most
