"""Of many callers at once exactly one wins, over threads and over processes."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from idp.store import SQLiteStore, Store
from tests.store.servers import NOW, TurnableClock

SOON = NOW + timedelta(minutes=1)
THREADS = 50
PROCESSES = 4
ROUNDS = 25


def won(operation: str, store: Store, key: str, who: str) -> bool:
    if operation == "put":
        return store.put("race", key, who.encode(), SOON)
    if operation == "take":
        return store.take("race", key) is not None
    return store.swap("race", key, b"old", who.encode(), SOON)


def prepare(operation: str, store: Store, key: str) -> None:
    if operation != "put":
        assert store.put("race", key, b"old", SOON)


@pytest.mark.parametrize("operation", ["put", "take", "swap"])
def test_of_fifty_threads_one_wins(store: Store, operation: str) -> None:
    prepare(operation, store, "a")
    gate = threading.Barrier(THREADS)

    def run(number: int) -> bool:
        gate.wait()
        return won(operation, store, "a", str(number))

    with ThreadPoolExecutor(THREADS) as pool:
        winners = [number for number, is_winner in enumerate(pool.map(run, range(THREADS))) if is_winner]

    assert len(winners) == 1
    if operation != "take":
        assert store.get("race", "a") == str(winners[0]).encode()


def test_a_counter_is_exact_over_fifty_threads(store: Store) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        values = sorted(pool.map(lambda _: store.add("tries", 1, timedelta(minutes=1)).value, range(THREADS * 4)))

    assert values == list(range(1, THREADS * 4 + 1))


def in_processes(work: Callable[[int], list[bytes]]) -> list[bytes]:
    """Run `work` in forked processes that start together; give every line they report."""
    start_read, start_write = os.pipe()
    report_read, report_write = os.pipe()
    children = []
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            try:
                os.close(start_write)
                os.read(start_read, 1)
                for line in work(number):
                    os.write(report_write, line + b"\n")
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    os.close(report_write)
    os.close(start_read)
    os.close(start_write)
    with os.fdopen(report_read, "rb") as report:
        lines = report.read().splitlines()
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * PROCESSES
    return lines


@pytest.mark.parametrize("operation", ["put", "take", "swap"])
def test_of_several_processes_one_wins_each_round(store: Store, operation: str) -> None:
    for number in range(ROUNDS):
        prepare(operation, store, f"k{number}")

    def work(who: int) -> list[bytes]:
        return [b"%d" % number for number in range(ROUNDS) if won(operation, store, f"k{number}", str(who))]

    assert sorted(in_processes(work), key=int) == [b"%d" % number for number in range(ROUNDS)]


def test_a_counter_is_exact_over_processes(store: Store) -> None:
    store.add("tries", 1, timedelta(minutes=1))

    values = in_processes(lambda _: [b"%d" % store.add("tries", 1, timedelta(minutes=1)).value for _ in range(ROUNDS)])

    assert sorted(map(int, values)) == list(range(2, PROCESSES * ROUNDS + 2))


def test_processes_may_make_the_file_together(tmp_path: Path) -> None:
    path = tmp_path / "state" / "moments.sqlite"

    def work(number: int) -> list[bytes]:
        store = SQLiteStore(path, TurnableClock())
        return [b"won"] if store.put("race", "a", b"%d" % number, SOON) else []

    assert in_processes(work) == [b"won"]
