"""Twenty thousand logins: every answer is the right person's, and nothing is left over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.cli.slapd import remove
from idp.store import SQLiteStore
from tests.bench.people import make_people
from tests.parts.crowd import Crowd, Tally, drive
from tests.parts.served import Served, cpu_seconds_of, pss_of, serving
from tests.parts.service_provider import TestSP
from tests.parts.slapd import start_slapd

SP = TestSP("sp")
PEOPLE = 200
LOGINS = 20_000
ROUNDS = 10
"""Each with connections of its own, so that every worker gets some."""
WARM_UP = 500
WARM_SECONDS = 2.0
MOST_WARM_UPS = 20
CLIENTS = 32
MOST_GROWTH_BYTES = 10_000_000
SPARE_BYTES = 2_500_000
AFTER_ALL = timedelta(days=100)
"""Later than anything a login leaves in the store."""


@pytest.fixture
def crowd_and_site(tmp_path: Path) -> Iterator[tuple[Crowd, Served]]:
    people, accounts = make_people(PEOPLE)
    slapd = start_slapd(tmp_path, people)
    try:
        with serving(tmp_path, slapd, SP, workers=4) as site:
            yield Crowd(site.port, SP, site.certificate_pem, accounts, "password", CLIENTS, look_at_all=True), site
    finally:
        slapd.server.stop()
        remove(slapd.server.folder)


@pytest.mark.soak
def test_s30_twenty_thousand_logins_are_right_and_leave_nothing_behind(crowd_and_site: tuple[Crowd, Served]) -> None:
    crowd, site = crowd_and_site
    size_at_start = _size(site)

    _warm_up(crowd, site)
    workers, memory = site.workers, [pss_of(pid) for pid in site.workers]
    tally = Tally()
    for _ in range(ROUNDS):
        tally.add(drive(crowd, LOGINS // ROUNDS))

    assert tally.problems == []
    assert (len(tally.seconds), tally.checked >= LOGINS // 25) == (LOGINS, True)
    assert site.workers == workers, "a worker ended"
    growth = [pss_of(pid) - before for pid, before in zip(workers, memory, strict=True)]
    assert max(growth) < MOST_GROWTH_BYTES, growth

    store = SQLiteStore(site.store_file, lambda: datetime.now(UTC) + AFTER_ALL)
    while store.sweep(500) >= 500:
        pass
    store.sweep(500)
    assert _size(site) <= size_at_start + SPARE_BYTES
    assert list(site.temporary.iterdir()) == []


def _warm_up(crowd: Crowd, site: Served) -> None:
    """Log in until every worker has had its share: whose connections are whose is up to the kernel."""
    for _ in range(MOST_WARM_UPS):
        assert drive(crowd, WARM_UP).problems == []
        if min(map(cpu_seconds_of, site.workers)) > WARM_SECONDS:
            return
    raise AssertionError(f"a worker had nothing to do: {[cpu_seconds_of(pid) for pid in site.workers]}")


def _size(site: Served) -> int:
    return sum(path.stat().st_size for path in site.store_file.parent.glob("store.sqlite*"))
