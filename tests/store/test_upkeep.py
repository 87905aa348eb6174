"""Files, sweeping and what `check` says."""

import os
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from idp.store import RedisStore, SQLiteStore, Store
from idp.store.convert import SWEEP_AFTER
from idp.store.filesystem import remote_filesystem
from tests.store.servers import NOW, RedisServer, TurnableClock

SOON = NOW + timedelta(minutes=1)
LATE = SWEEP_AFTER + timedelta(minutes=2)


@pytest.fixture
def sqlite_store(tmp_path: Path, clock: TurnableClock) -> SQLiteStore:
    return SQLiteStore(tmp_path / "state" / "m.sqlite", clock)


def test_the_file_is_its_owners_alone(sqlite_store: SQLiteStore, tmp_path: Path) -> None:
    sqlite_store.put("session", "a", b"one", SOON)

    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()} == {0o600}


def test_the_file_is_written_ahead_and_not_flushed_at_each_write(sqlite_store: SQLiteStore) -> None:
    connection = sqlite_store._connections.mine()

    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (2000,)


def test_each_thread_and_each_process_has_a_connection_of_its_own(sqlite_store: SQLiteStore) -> None:
    mine = sqlite_store._connections.mine()
    others: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: others.append(sqlite_store._connections.mine()))
    thread.start()
    thread.join()
    child = os.fork()
    if child == 0:
        os._exit(0 if sqlite_store._connections.mine() is not mine else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert sqlite_store._connections.mine() is mine
    assert others[0] is not mine


def test_only_what_is_long_dead_is_swept(sqlite_store: SQLiteStore, clock: TurnableClock) -> None:
    for number in range(5):
        sqlite_store.put("request", str(number), b"", SOON)
    sqlite_store.add("tries", 1, timedelta(minutes=1))
    sqlite_store.put("session", "alive", b"one", NOW + timedelta(hours=1))
    assert sqlite_store.sweep(500) == 0
    clock.turn(LATE)

    assert [sqlite_store.sweep(3), sqlite_store.sweep(3), sqlite_store.sweep(3)] == [4, 2, 0]
    assert sqlite_store.get("session", "alive") == b"one"


def test_sweeping_gives_the_log_back(sqlite_store: SQLiteStore, tmp_path: Path) -> None:
    for number in range(100):
        sqlite_store.put("request", str(number), b"x" * 1000, SOON)

    sqlite_store.sweep(500)

    assert (tmp_path / "state" / "m.sqlite-wal").stat().st_size == 0


def test_sweeping_gives_the_files_space_back(sqlite_store: SQLiteStore, clock: TurnableClock, tmp_path: Path) -> None:
    for number in range(4000):
        sqlite_store.put("session", str(number), bytes(2000), NOW + timedelta(minutes=1))
    file = tmp_path / "state" / "m.sqlite"
    full = file.stat().st_size
    clock.turn(SWEEP_AFTER + timedelta(minutes=2))

    while sqlite_store.sweep(500) >= 500:
        pass

    assert full > 8_000_000
    assert file.stat().st_size < 2_000_000


def test_redis_clears_away_what_is_long_dead_by_itself(clock: TurnableClock, redis_server: RedisServer) -> None:
    store = RedisStore(redis_server.url, None, clock)
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as client:
        client.flushall()
        store.put("session", "a", b"one", SOON, person="p")
        store.add("tries", 1, timedelta(minutes=1))
        left = [client.pttl(key) for key in client.scan_iter()]

    longest = (timedelta(minutes=1) + SWEEP_AFTER) / timedelta(milliseconds=1)
    assert len(left) == 3
    assert all(longest - 10_000 < milliseconds <= longest for milliseconds in left)


def test_check_finds_nothing_wrong_with_a_good_store(store: Store) -> None:
    assert store.check() == []


def test_check_tells_of_a_redis_that_may_forget(clock: TurnableClock, redis_server: RedisServer) -> None:
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            problems = RedisStore(redis_server.url, None, clock).check()
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    assert ["allkeys-lru" in problem.what for problem in problems] == [True]


def test_check_tells_of_a_redis_that_is_away(clock: TurnableClock, tmp_path: Path) -> None:
    [problem] = RedisStore(f"unix://{tmp_path}/none.sock", None, clock).check()

    assert problem.key == "store.redis"


def test_check_tells_of_a_file_others_can_read(sqlite_store: SQLiteStore, tmp_path: Path) -> None:
    (tmp_path / "state" / "m.sqlite").chmod(0o644)
    (tmp_path / "state").chmod(0o775)

    assert len(sqlite_store.check()) == 2


def test_check_tells_of_a_file_that_cannot_be_written(sqlite_store: SQLiteStore, tmp_path: Path) -> None:
    (tmp_path / "state" / "m.sqlite").write_bytes(b"not a database " * 1000)

    assert ["cannot be written" in problem.what for problem in sqlite_store.check()] == [True]


MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /srv rw shared:2 - nfs4 server:/export rw
31 30 0:41 / /srv/local rw - xfs /dev/vdb rw
32 22 0:42 / /with\040space rw - cifs //server/share rw
33 22 0:43 / /home/me rw - fuse.sshfs me@host: rw
34 22 0:44 / /twice rw - nfs server:/x rw
35 22 0:45 / /twice rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib/warifu/m.sqlite", None),
        ("/srv/m.sqlite", "nfs4"),
        ("/srvother/m.sqlite", None),
        ("/srv/local/m.sqlite", None),
        ("/with space/m.sqlite", "cifs"),
        ("/home/me/x/m.sqlite", "fuse.sshfs"),
        ("/twice/m.sqlite", None),
    ],
)
def test_a_network_disk_is_known_by_its_mount(path: str, expected: str | None) -> None:
    assert remote_filesystem(Path(path), MOUNTS) == expected


def test_check_tells_of_a_network_disk(
    sqlite_store: SQLiteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 0:1 / / rw - nfs server:/ rw\n")
    monkeypatch.setattr("idp.store.filesystem.MOUNTS", mounts)

    assert ["is on nfs" in problem.what for problem in sqlite_store.check()] == [True]
