"""A site on three real workers, with people whose apps are registered; made once for all races."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from idp.cli.slapd import remove
from tests.bench.people import make_people
from tests.parts.driver import Account, Browser, Wire
from tests.parts.served import Served, serving
from tests.parts.service_provider import TestSP
from tests.parts.slapd import RunningSlapd, start_slapd

SP = TestSP("sp")
OTHER_SP = TestSP("other")
PEOPLE = 210
NEWCOMERS = 10
MANY_TRIES = '[limits.totp]\nperson = ["1000/5m"]\naddress = ["10000/5m"]\n'
"""So that it is the record in the directory alone which lets one of many win."""
HABIT: dict[str, object] = {"plugins_toml": MANY_TRIES, "campus_replace": "password"}


@dataclass
class Race:
    """The site, and people nobody has used yet."""

    site: Served
    slapd: RunningSlapd
    accounts: tuple[Account, ...]
    newcomers: list[Account]
    used: int = 0

    def person(self) -> Account:
        """Give somebody who has not logged in before."""
        self.used += 1
        return self.accounts[-self.used]

    def newcomer(self) -> Account:
        """Give somebody who has no app."""
        return self.newcomers.pop()

    def browser(self, address: str) -> Browser:
        """Give a browser on a connection of its own."""
        return Browser(Wire(self.site.port), address)


@pytest.fixture(scope="package")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    people, accounts = make_people(PEOPLE)
    folder = tmp_path_factory.mktemp("race")
    slapd = start_slapd(folder, people)
    try:
        with serving(folder, slapd, SP, OTHER_SP, workers=3, apps=accounts[NEWCOMERS:], **HABIT) as site:
            yield Race(site, slapd, accounts[NEWCOMERS:], list(accounts[:NEWCOMERS]))
    finally:
        slapd.server.stop()
        remove(slapd.server.folder)
