"""Look-ups while the index is replaced, from threads and over a fork."""

import os
import threading
import time

import pytest

from idp.core.errors import DependencyError
from idp.federation.index import LOOK_SECONDS
from tests.federation.conftest import Desk
from tests.parts.service_provider import TestSP

A, B = TestSP("a", key=TestSP().key), TestSP("b", key=TestSP().key)


def within(seconds: float, predicate) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if predicate():
            return True
        time.sleep(0.02)
    return False


def test_a_worker_sees_a_new_index_soon(desk: Desk):
    federation = desk.federation()
    assert federation.find(A.entity_id) is None
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    assert within(LOOK_SECONDS + 1, lambda: federation.find(A.entity_id) is not None)
    (desk.folder / "a.xml").unlink()
    desk.refresh()
    assert within(LOOK_SECONDS + 1, lambda: federation.find(A.entity_id) is None)


def test_m04_while_the_index_is_replaced_nobody_is_missed(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    federation = desk.federation()
    federation._looked_at = 0.0
    stop, missed, looked = threading.Event(), [], [0]

    def look() -> None:
        while not stop.is_set():
            federation._looked_at = 0.0
            found = federation.find(A.entity_id)
            looked[0] += 1
            if found is None:
                missed.append(looked[0])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            desk.drop("b.xml", B.metadata(display_names={"en": str(number)}))
            assert desk.refresh().changed
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert looked[0] > 100
    assert missed == []


def test_a_look_up_works_over_a_fork(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    federation = desk.federation()
    assert federation.find(A.entity_id) is not None
    child = os.fork()
    if child == 0:
        found = federation.find(A.entity_id)
        os._exit(0 if found is not None and federation._process == os.getpid() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert federation.find(A.entity_id) is not None


def test_an_index_that_cannot_be_read_is_an_outage_not_an_unknown_service(desk: Desk):
    desk.settings.index.parent.mkdir()
    desk.settings.index.write_bytes(b"not a database" * 100)
    federation = desk.federation()
    with pytest.raises(DependencyError):
        federation.find(A.entity_id)
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    assert within(LOOK_SECONDS + 1, lambda: federation.find(A.entity_id) is not None)


def test_the_memory_of_a_worker_is_bounded_and_a_look_up_is_quick(desk: Desk):
    from tests.parts.service_provider import entities_descriptor

    key = TestSP().key
    entities = [TestSP(f"n{number}", key=key) for number in range(1000)]
    desk.drop("all.xml", entities_descriptor(*(sp.metadata(declaration=False) for sp in entities)))
    assert desk.refresh().entities == 1000
    federation = desk.federation()
    start = time.process_time()
    for sp in entities:
        assert federation.find(sp.entity_id) is not None
    assert (time.process_time() - start) / 1000 < 0.0003
    assert len(federation._remembered) < 300
    start = time.process_time()
    for _ in range(1000):
        federation.find(entities[-1].entity_id)
    assert (time.process_time() - start) / 1000 < 0.0001
    assert len(list(federation.entities())) == 1000
