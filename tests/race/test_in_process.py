"""Signing and encrypting start no process and write no temporary file (design, decision 2)."""

import threading

from tests.parts.crowd import Crowd, drive
from tests.parts.served import children_of, faults_of_ended_children
from tests.race.conftest import SP, Race

LOGINS = 200


def test_no_child_process_and_no_temporary_file_per_answer(race: Race) -> None:
    site = race.site
    workers, before = site.workers, site.temporary.stat().st_mtime_ns
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            for pid in workers:
                seen.update(children_of(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        tally = drive(Crowd(site.port, SP, site.certificate_pem, race.accounts[:20], "password"), LOGINS)
    finally:
        done.set()
        watcher.join()

    assert (tally.problems, len(tally.seconds)) == ([], LOGINS)
    assert site.workers == workers
    assert seen == set()
    assert [faults_of_ended_children(pid) for pid in workers] == [0] * len(workers), "a worker had a child"
    assert site.temporary.stat().st_mtime_ns == before, "something was made in TMPDIR"
    assert list(site.temporary.iterdir()) == []
