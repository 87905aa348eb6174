"""`warifu totp` over 389 Directory Server in place of OpenLDAP: the same desk, the same tests.

A server takes seconds to start there, so the tests share one; each begins with nobody registered.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.plugin import Holding
from plugins.totp.credential import TOTP
from tests.directory.test_roles import conf_389
from tests.parts.ds389 import RunningDS389, allow_roles, start_ds389
from tests.parts.site import Idp
from tests.totp_admin.conftest import Desk


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDS389]:
    running = start_ds389(tmp_path_factory.mktemp("ds389"))
    try:
        allow_roles(running)
        yield running
    finally:
        running.server.stop()


@pytest.fixture
def own_slapd(shared: RunningDS389) -> RunningDS389:
    """The server that tests share."""
    return shared


@pytest.fixture
def desk(tmp_path: Path, shared: RunningDS389) -> Iterator[Desk]:
    idp = Idp.load(conf_389(tmp_path / "conf", shared))
    _forget(idp, shared)
    yield Desk(idp, tmp_path)
    idp.close()


def _forget(idp: Idp, running: RunningDS389) -> None:
    """Take away everybody's app, and whoever a test made."""
    for holding in idp.site.keeper.all(TOTP):
        if _is_made(holding):
            running.server.apply(f"dn: {holding.subject.dn}\nchangetype: delete\n")
        else:
            idp.site.tools("totp").credentials.remove(holding.subject, TOTP)


def _is_made(holding: Holding) -> bool:
    return holding.subject.username.startswith("many") and holding.subject.dn.endswith(PEOPLE_DN)


OPENLDAPS_OWN = {
    "test_an_import_stops_when_the_directory_goes": "stops the server; tests/faults does that over OpenLDAP",
    "test_a_directory_that_gives_too_few_says_so": "takes OpenLDAP's limits away",
    "test_ten_thousand": "measures one server",
    "killed_half_way": "the same over any server, and takes long",
    "test_half_way_through": "the same over any server, and takes long",
    "test_a_name_of_the_directorys": "makes an entry that stays",
}
"""Tests that are about OpenLDAP itself, and why."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in ours:
        item.add_marker(pytest.mark.slow)
    left_out = [item for item in ours if any(name in item.name for name in OPENLDAPS_OWN)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
