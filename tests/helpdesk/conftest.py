"""A site with a help desk: carol works there, alice is above her, everybody else is helped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.cli.slapd_entries import GROUPS_DN
from tests.helpdesk.desk import Desk
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import Idp, make_conf
from tests.parts.sites import make_idp
from tests.parts.slapd import RunningSlapd, own_slapd, slapd
from tests.parts.smtp import PostOffice

__all__ = ["make_idp", "own_slapd", "slapd"]

ROLES = f"""
[helpdesk]
searches_an_hour = 30

[[helpdesk.roles]]
name = "desk"
groups = ["cn=staff,{GROUPS_DN}"]
may = ["unlock", "reset", "sessions", "issue", "revoke", "unfreeze"]

[[helpdesk.roles]]
name = "head of the desk"
groups = ["cn=vpn,{GROUPS_DN}"]
may = ["unlock", "reset"]
"""


HEADS = ROLES.replace('["unlock", "reset"]', '["unlock", "issue"]\nmethods = ["totp"]')
CODES = f"""
[[login.rules]]
name = "register with a code of the help desk"
action = "register"
networks = ["outside"]
ways = [["password", "activation"]]

[plugins.activation]
{HEADS}
"""


CARDS = f"""
[[login.rules]]
name = "register with a card"
action = "register"
networks = ["outside"]
ways = [["password", "matrix"]]

[plugins.matrix]
{ROLES}
"""


@pytest.fixture
def desk(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Desk]:
    yield from _desk(tmp_path, own_slapd, ROLES)


@pytest.fixture
def coded(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Desk]:
    """One where activation codes are issued."""
    yield from _desk(tmp_path, own_slapd, CODES)


@pytest.fixture
def carded(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Desk]:
    """One where cards are issued."""
    yield from _desk(tmp_path, own_slapd, CARDS)


def _desk(folder: Path, running: RunningSlapd, tables: str) -> Iterator[Desk]:
    with PostOffice() as office:
        conf = make_conf(
            folder / "conf",
            running,
            methods=("password", "totp"),
            plugins_toml=tables,
            mail_toml=office.toml(),
            campus_replace="password",
        )
        idp = Idp.load(conf)
        idp.register(SP, OTHER_SP, want_assertions_signed=True)
        for username in ("alice", "carol", "bob"):
            idp.enrol(username)
        yield Desk(idp, office, running)
        idp.close()
