"""A store that does not answer is a failure, never a proof (security.md F-04, F-07)."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.store import PluginMoments, RedisStore, SQLiteStore, Store
from tests.store.servers import NOW, RedisServer, TurnableClock

SOON = NOW + timedelta(minutes=1)

OPERATIONS: dict[str, Callable[[Store], object]] = {
    "put": lambda store: store.put("session", "a", b"", SOON, person="p"),
    "get": lambda store: store.get("session", "a"),
    "take": lambda store: store.take("session", "a"),
    "swap": lambda store: store.swap("session", "a", b"one", b"two", SOON),
    "add": lambda store: store.add("tries", 1, timedelta(minutes=1)),
    "of": lambda store: store.of("session", "p"),
    "remove": lambda store: store.remove("session", "a"),
    "plugin": lambda store: PluginMoments(store, "totp").take("a"),
}
each_operation = pytest.mark.parametrize(
    "operation", [pytest.param(run, id=f"F-04-{name}") for name, run in OPERATIONS.items()]
)


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


def must_fail(store: Store, operation: Callable[[Store], object]) -> None:
    with pytest.raises(DependencyError) as caught:
        operation(store)
    assert caught.value.code is Code.STORE_DOWN


@each_operation
def test_redis_that_is_away_is_a_failure(clock: TurnableClock, tmp_path: Path, operation: Callable) -> None:
    must_fail(RedisStore(f"unix://{tmp_path}/none.sock", None, clock), operation)


@each_operation
def test_a_file_that_is_no_database_is_a_failure(clock: TurnableClock, tmp_path: Path, operation: Callable) -> None:
    store = SQLiteStore(tmp_path / "moments.sqlite", clock)
    for name in ("moments.sqlite-wal", "moments.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "moments.sqlite").write_bytes(b"not a database " * 1000)

    must_fail(store, operation)


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=f"F-04-{name}") for name in sorted(OPERATIONS.keys() - {"get", "of"})]
)
def test_a_file_held_by_another_writer_is_a_failure(
    clock: TurnableClock, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.store.connection.BUSY_SECONDS", 0.05)
    store = SQLiteStore(tmp_path / "moments.sqlite", clock)
    with sqlite3.connect(tmp_path / "moments.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        must_fail(store, OPERATIONS[name])
        other.execute("ROLLBACK")
    other.close()


def test_f04_a_place_where_no_file_can_be_made_is_a_failure(clock: TurnableClock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DependencyError):
        SQLiteStore(tmp_path / "file" / "moments.sqlite", clock)


def test_f04_redis_is_used_again_once_it_is_back(clock: TurnableClock, own_redis: RedisServer) -> None:
    store = RedisStore(own_redis.url, None, clock)
    assert store.put("session", "a", b"one", SOON)
    own_redis.stop()
    must_fail(store, OPERATIONS["get"])

    own_redis.start()

    assert store.get("session", "a") is None, "what was in flight begins anew"
    assert store.put("session", "a", b"two", SOON), "and its scripts are given to it again"


def test_f04_a_flushed_redis_begins_anew(clock: TurnableClock, own_redis: RedisServer) -> None:
    store = RedisStore(own_redis.url, None, clock)
    store.put("session", "a", b"one", SOON, person="p")
    with redis.Redis(unix_socket_path=str(own_redis.socket)) as client:
        client.flushall()
        client.script_flush()

    assert store.take("session", "a") is None
    assert store.of("session", "p") == []
    assert store.put("session", "a", b"two", SOON)


@pytest.mark.parametrize("case", [pytest.param("removed", id="F-04-removed"), pytest.param("replaced", id="F-04-new")])
def test_a_file_removed_while_running_begins_anew_for_all(clock: TurnableClock, tmp_path: Path, case: str) -> None:
    folder = tmp_path / "state"
    first, second = SQLiteStore(folder / "m.sqlite", clock), SQLiteStore(folder / "m.sqlite", clock)
    first.put("request", "a", b"one", SOON)
    second.get("request", "a")
    shutil.rmtree(folder)
    if case == "replaced":
        SQLiteStore(folder / "m.sqlite", clock)

    assert [first.put("request", "a", b"two", SOON), second.put("request", "a", b"three", SOON)] == [True, False]


def test_f07_a_full_file_is_a_failure_and_heals(clock: TurnableClock, tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "m.sqlite", clock)
    store.put("request", "first", b"one", SOON)
    connection = store._connections.mine()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(DependencyError):
        store.put("request", "too large", b"x" * 100_000, SOON)

    assert store.get("request", "first") == b"one"
    assert store.get("request", "too large") is None
    connection.execute("PRAGMA max_page_count = 100000")
    assert store.put("request", "too large", b"x" * 100_000, SOON)


def test_f04_a_redis_out_of_memory_refuses_and_forgets_nothing(clock: TurnableClock, own_redis: RedisServer) -> None:
    store = RedisStore(own_redis.url, None, clock)
    store.put("request", "first", b"one", SOON)
    with redis.Redis(unix_socket_path=str(own_redis.socket)) as client:
        client.config_set("maxmemory", "1")

    must_fail(store, OPERATIONS["put"])
    must_fail(store, OPERATIONS["add"])
    assert store.get("request", "first") == b"one"


def test_t30_a_wrong_redis_password_is_a_failure_that_does_not_show_it(clock: TurnableClock) -> None:
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder), "--requirepass", "right-horse")
        server.start()
        try:
            assert RedisStore(server.url, Secret("right-horse"), clock).put("session", "a", b"one", SOON)
            with pytest.raises(DependencyError) as caught:
                RedisStore(server.url, Secret("wrong-battery"), clock).get("session", "a")
        finally:
            server.stop()

    assert "wrong-battery" not in repr(caught.value) + caught.value.detail
