"""Connections to the one file of SQLite: one for each process and thread, opened after fork."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 2.0

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS moment (
        kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, person TEXT, expires INTEGER NOT NULL,
        PRIMARY KEY (kind, key)) STRICT""",
    "CREATE INDEX IF NOT EXISTS moment_expires ON moment (expires)",
    "CREATE INDEX IF NOT EXISTS moment_person ON moment (person, kind) WHERE person IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS counter (
        name TEXT PRIMARY KEY, count INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS counter_expires ON counter (expires)",
)


class Connections:
    """Gives the calling thread its connection; raises sqlite3.Error or OSError.

    What is `durable` is on the disk when a statement ends, whatever becomes of the machine.

    A file that was removed or replaced while we run is noticed at the next call and begun anew by all alike: two
    workers never go on with two files.
    """

    def __init__(self, path: Path, schema: Sequence[str] = SCHEMA, *, durable: bool = False) -> None:
        self._path = path
        self._name = str(path)
        self._schema = schema
        self._durable = durable
        self._local = threading.local()
        self._inherited: list[sqlite3.Connection] = []
        prepare(path, schema)

    def mine(self) -> sqlite3.Connection:
        """Give this thread's connection, opening it if this process has not yet."""
        kept: tuple[int, int, sqlite3.Connection] | None = getattr(self._local, "kept", None)
        process_id = os.getpid()
        if kept is not None:
            if kept[0] == process_id and kept[1] == self._inode():
                return kept[2]
            self._give_up(kept, process_id)
        if self._inode() is None:
            prepare(self._path, self._schema)
        connection = connect(self._path, durable=self._durable)
        self._local.kept = (process_id, self._inode(), connection)
        return connection

    def _inode(self) -> int | None:
        try:
            return os.stat(self._name).st_ino  # noqa: PTH116 - half the time of Path.stat, at every operation
        except FileNotFoundError:
            return None

    def _give_up(self, kept: tuple[int, int, sqlite3.Connection], process_id: int) -> None:
        if kept[0] == process_id:
            kept[2].close()
        else:
            # A connection that came through a fork may be neither used nor closed here (sqlite.org/howtocorrupt 2.6).
            self._inherited.append(kept[2])


def prepare(path: Path, schema: Sequence[str] = SCHEMA) -> None:
    """Make the file (0600, in a folder of 0700 if that is new too) and its tables. Raises sqlite3.Error or OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_at_a_time(path):
        # Never open a file that is there: closing it would drop the locks of this process's connections to it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = connect(path)
        try:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or never
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            for statement in schema:
                connection.execute(statement)
        finally:
            connection.close()


def connect(path: Path, *, durable: bool = False) -> sqlite3.Connection:
    """Open a file that is there; each statement is a transaction of its own."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    return connection


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock between processes: turning WAL on does not wait for others by itself."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
