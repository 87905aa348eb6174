"""The directory's tests over 389 Directory Server in place of OpenLDAP."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from idp.cli.slapd_entries import ENROL_DN, PEOPLE_DN, VERIFIER_DN
from idp.directory.site import DirectorySite, open_directory
from idp.seal import Sealer
from idp.settings.model import Directory as DirectorySettings
from tests.directory.conftest import Open, SettableClock, clock, key, site
from tests.parts.ds389 import RunningDS389, allow_roles, ds389, start_ds389

__all__ = ["clock", "ds389", "site"]


@pytest.fixture(scope="session")
def slapd(ds389: RunningDS389) -> RunningDS389:
    """The server that tests share."""
    return ds389


@pytest.fixture
def own_slapd(tmp_path: Path) -> Iterator[RunningDS389]:
    """A server of the test's own."""
    running = start_ds389(tmp_path)
    allow_roles(running)
    yield running
    running.server.stop()


@pytest.fixture
def open_site(clock: SettableClock) -> Iterator[Open]:
    """Gives a function that opens a directory on a server; keyword arguments replace settings."""
    opened: list[DirectorySite] = []

    def build(running: RunningDS389, sealer: Sealer | None = None, **changes: Any) -> DirectorySite:
        values: dict[str, Any] = {
            "uris": (running.uri,),
            "start_tls": False,
            "bind_dn": VERIFIER_DN,
            "bind_password_file": running.verifier_password_file,
            "enrol_dn": ENROL_DN,
            "enrol_password_file": running.enrol_password_file,
            "people_dn": PEOPLE_DN,
            "id_attribute": "nsUniqueId",
            "attributes": ("mail", "displayName"),
            "timeout_seconds": 3.0,
        }
        made = open_directory(DirectorySettings(**(values | changes)), sealer or Sealer([key()]), clock)
        opened.append(made)
        return made

    yield build
    for made in opened:
        with suppress(OSError):
            made.close()


OPENLDAPS_OWN = {
    "full-width": "389 Directory Server compares UTF-8 without normal forms: the spelling names nobody there",
    "test_an_impossible_password_is_never_sent": "tells by OpenLDAP's own switch that nothing was sent",
    "test_a_locked_account_is_seen_without_its_password": "pwdAccountLockedTime is OpenLDAP's attribute",
    "test_w08_nobodys_password": "measures our own pacing, which is the same over any server",
    "test_x05_password_hashes_are_for_replication_only": "hashes are not copied by an account there",
}
"""Tests that are about OpenLDAP itself, and why."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in ours:
        item.add_marker(pytest.mark.slow)
    left_out = [item for item in ours if any(name in item.name for name in OPENLDAPS_OWN)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
