"""What the tests of the directory share: a real slapd, and directories opened on it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from idp.cli.slapd_entries import ENROL_DN, PEOPLE_DN, VERIFIER_DN
from idp.directory.site import DirectorySite, open_directory
from idp.plugin.tools import CredentialKind
from idp.seal import Sealer, SealKey, name_key
from idp.settings.model import Directory as DirectorySettings
from tests.parts.slapd import RunningSlapd, own_slapd, slapd

__all__ = ["own_slapd", "slapd"]

TOTP = CredentialKind(
    "totp",
    "oathTOTPToken",
    {
        "id": "oathTokenIdentifier",
        "secret": "oathSecret",
        "last_step": "oathTOTPLastTimeStep",
        "registered": "oathSecretTime",
    },
    frozenset({"secret"}),
)

Open = Callable[..., DirectorySite]


class SettableClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def key(number: int = 1) -> SealKey:
    """A seal key for tests."""
    return name_key(bytes((number * 7 + index * 13) % 256 for index in range(32)))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def open_site(clock: SettableClock) -> Iterator[Open]:
    """Gives a function that opens a directory on a slapd; keyword arguments replace settings."""
    opened: list[DirectorySite] = []

    def build(running: RunningSlapd, sealer: Sealer | None = None, **changes: Any) -> DirectorySite:
        values: dict[str, Any] = {
            "uris": (running.uri,),
            "start_tls": True,
            "ca": running.authority.ca,
            "bind_dn": VERIFIER_DN,
            "bind_password_file": running.verifier_password_file,
            "enrol_dn": ENROL_DN,
            "enrol_password_file": running.enrol_password_file,
            "people_dn": PEOPLE_DN,
            "attributes": ("mail", "displayName"),
            "timeout_seconds": 1.0,
        }
        settings = DirectorySettings(**(values | changes))
        site = open_directory(settings, sealer or Sealer([key()]), clock)
        opened.append(site)
        return site

    yield build
    for site in opened:
        with suppress(OSError):
            site.close()


@pytest.fixture
def site(slapd: RunningSlapd, open_site: Open) -> DirectorySite:
    """The shared directory, opened over StartTLS."""
    return open_site(slapd)
