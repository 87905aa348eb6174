"""Short-lived state in one file of SQLite, for one machine with any number of processes (design 8)."""

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError, Problem
from idp.plugin.tools import Count
from idp.store.connection import Connections
from idp.store.convert import SWEEP_AFTER, count, duration_milliseconds, key_bytes, milliseconds
from idp.store.filesystem import find_place_faults

PUT = """INSERT INTO moment (kind, key, value, person, expires) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, key) DO UPDATE
    SET value = excluded.value, person = excluded.person, expires = excluded.expires
    WHERE moment.expires <= ? RETURNING 1"""
GET = "SELECT value FROM moment WHERE kind = ? AND key = ? AND expires > ?"
TAKE = "DELETE FROM moment WHERE kind = ? AND key = ? AND expires > ? RETURNING value"
SWAP = """UPDATE moment SET value = ?, expires = ?, person = coalesce(?, person)
    WHERE kind = ? AND key = ? AND value = ? AND expires > ? RETURNING 1"""
REMOVE = "DELETE FROM moment WHERE kind = ? AND key = ?"
OF = """SELECT key, value FROM moment INDEXED BY moment_person
    WHERE kind = ? AND person = ? AND expires > ? ORDER BY key"""
ADD = """INSERT INTO counter (name, count, expires) VALUES {rows} ON CONFLICT (name) DO UPDATE SET
    count = max(0, ?1 + CASE WHEN counter.expires <= ?2 THEN 0 ELSE counter.count END),
    expires = CASE WHEN counter.expires <= ?2 THEN excluded.expires ELSE counter.expires END
    RETURNING name, count, expires"""
SWEEP_MOMENTS = """DELETE FROM moment WHERE (kind, key) IN
    (SELECT kind, key FROM moment WHERE expires <= ? ORDER BY expires LIMIT ?)"""
SWEEP_COUNTERS = """DELETE FROM counter WHERE name IN
    (SELECT name FROM counter WHERE expires <= ? ORDER BY expires LIMIT ?)"""

SPARE_PAGES = 256
"""So much of the file, 1 MB, is kept for what comes next."""

Row = tuple[object, ...]


class SQLiteStore:
    """Moments and counters in a file; every operation is one statement and raises DependencyError (STORE_DOWN).

    Written with synchronous NORMAL: a crash of the process loses nothing, a crash of the machine at most the last
    moments, which are then begun anew.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        try:
            self._connections = Connections(path)
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error

    def put(self, kind: str, key: bytes | str, value: bytes, expires: datetime, person: str | None = None) -> bool:
        """Store if absent; False when a live value stands."""
        row = (kind, key_bytes(key), value, person, milliseconds(expires), self._now())
        return bool(self._run(PUT, row))

    def get(self, kind: str, key: bytes | str) -> bytes | None:
        """Give the live value, None without one."""
        return _value(self._run(GET, (kind, key_bytes(key), self._now())))

    def take(self, kind: str, key: bytes | str) -> bytes | None:
        """Give the live value and remove it; of many callers one gets it."""
        return _value(self._run(TAKE, (kind, key_bytes(key), self._now())))

    def swap(
        self, kind: str, key: bytes | str, old: bytes, new: bytes, expires: datetime, person: str | None = None
    ) -> bool:
        """Replace the live value if it is `old`, byte for byte; the person stays unless one is named."""
        return bool(self._run(SWAP, (new, milliseconds(expires), person, kind, key_bytes(key), old, self._now())))

    def add(self, name: str, amount: int, lifetime: timedelta) -> Count:
        """Add to a counter that lives `lifetime` from its first addition; it never falls below nothing."""
        return self.add_all(amount, [(name, lifetime)])[0]

    def add_all(self, amount: int, counters: Sequence[tuple[str, timedelta]]) -> list[Count]:
        """Add the same to several counters, each with its lifetime, at one go; their counts in the order given."""
        if not counters:
            return []
        now = self._now()
        values: list[object] = [amount, now]
        for name, lifetime in counters:
            values += (name, now + duration_milliseconds(lifetime))
        rows = self._run(_add_statement(len(counters)), values)
        counts = {name: count(int(str(value)), int(str(expires))) for name, value, expires in rows}
        return [counts[name] for name, _ in counters]

    def of(self, kind: str, person: str) -> Sequence[tuple[bytes, bytes]]:
        """Give the live keys and values of a kind that were put for a person, ordered by key."""
        rows = self._run(OF, (kind, person, self._now()))
        return [(key, value) for key, value in rows if isinstance(key, bytes) and isinstance(value, bytes)]

    def remove(self, kind: str, key: bytes | str) -> None:
        """Take a value away, if there is one."""
        self._run(REMOVE, (kind, key_bytes(key)))

    def sweep(self, limit: int) -> int:
        """Delete up to `limit` moments and `limit` counters dead for SWEEP_AFTER, give back the space they took.

        Gives how many went; called again at once while that is `limit` or more.
        """
        dead = self._now() - duration_milliseconds(SWEEP_AFTER)
        swept = self._change(SWEEP_MOMENTS, (dead, limit)) + self._change(SWEEP_COUNTERS, (dead, limit))
        self._give_back(2 * limit)
        self._run("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return swept

    def _give_back(self, pages: int) -> None:
        """Take up to so many empty pages out of the file."""
        [(empty,)] = self._run("PRAGMA freelist_count", ())
        surplus = min(int(str(empty)) - SPARE_PAGES, pages)
        if surplus <= 0:
            return
        try:
            # A script is run to its end; as a statement this would stop after its first page.
            self._connections.mine().executescript(f"PRAGMA incremental_vacuum({surplus})")
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error

    def check(self) -> list[Problem]:
        """Give what is wrong: a file on a network disk, readable by others, or that cannot be written."""
        problems = [_problem(what, remedy) for what, remedy in find_place_faults(self._path)]
        try:
            self._run(PUT, ("check", os.urandom(16), b"", None, 0, self._now()))
        except DependencyError as error:
            problems.append(_problem(f"{self._path} cannot be written: {error}", "Make it writable for this user."))
        return problems

    def _now(self) -> int:
        return milliseconds(self._clock())

    def _run(self, statement: str, values: Sequence[object] | dict[str, object]) -> list[Row]:
        try:
            return self._connections.mine().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error

    def _change(self, statement: str, values: Sequence[object]) -> int:
        try:
            return self._connections.mine().execute(statement, values).rowcount
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error


@cache
def _add_statement(counters: int) -> str:
    rows = (f"(?{number}, max(0, ?1), ?{number + 1})" for number in range(3, 2 * counters + 3, 2))
    return ADD.format(rows=", ".join(rows))


def _value(rows: list[Row]) -> bytes | None:
    value = rows[0][0] if rows else None
    return value if isinstance(value, bytes) else None


def _down(error: Exception) -> DependencyError:
    return DependencyError(Code.STORE_DOWN, f"SQLite: {error}")


def _problem(what: str, remedy: str) -> Problem:
    return Problem("idp.toml", "store.path", what, remedy)
