"""Letters that wait to be sent: what lasts, in one file of SQLite that loses nothing when a machine stops (design 8).

Each machine keeps its own, so that no letter depends on another machine; any number of processes may send from it.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from idp.core.codes import Code
from idp.core.errors import DependencyError, Problem
from idp.store.connection import Connections
from idp.store.convert import milliseconds, moment
from idp.store.filesystem import find_place_faults

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS letter (
        message_id TEXT PRIMARY KEY, recipient TEXT NOT NULL, username TEXT NOT NULL, message BLOB NOT NULL,
        posted INTEGER NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX IF NOT EXISTS letter_due ON letter (due)",
)
ADD = "INSERT INTO letter (message_id, recipient, username, message, posted, due) VALUES (?, ?, ?, ?, ?, ?)"
CLAIM = """UPDATE letter SET due = ?1, tries = tries + 1
    WHERE message_id = (SELECT message_id FROM letter WHERE due <= ?2 ORDER BY due, posted LIMIT 1)
    RETURNING message_id, recipient, username, message, posted, due, tries"""
POSTPONE = "UPDATE letter SET due = ? WHERE message_id = ? AND due = ?"
HASTEN = "UPDATE letter SET due = ? WHERE message_id = ? AND tries = 0"
REMOVE = "DELETE FROM letter WHERE message_id = ?"
COUNT = "SELECT count(*), min(posted), min(due) FROM letter"
EMPTY_WRITE = "UPDATE letter SET due = due WHERE 0"


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """One letter as its sender claimed it: the message as it goes over the wire, how often it was tried, this included.

    `due` is when it may be claimed again if nothing is heard of this sender.
    """

    message_id: str
    recipient: str
    username: str
    message: bytes
    posted: datetime
    due: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many letters wait, since when the oldest does, and when the next is due; None without any."""

    count: int
    oldest: datetime | None
    next_due: datetime | None


class Letters:
    """The letters; an operation is one statement, on the disk when it returns, and raises DependencyError (D202)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connections = Connections(path, SCHEMA, durable=True)
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error

    def add(self, record: LetterRecord) -> None:
        """Keep a letter; it may be claimed from `due` on."""
        posted, due = milliseconds(record.posted), milliseconds(record.due)
        self._run(ADD, (record.message_id, record.recipient, record.username, record.message, posted, due))

    def claim(self, now: datetime, lease: timedelta) -> LetterRecord | None:
        """Give the letter that has been due longest; of many callers one gets it, for as long as `lease`."""
        rows = self._run(CLAIM, (milliseconds(now + lease), milliseconds(now)))
        return _record(rows[0]) if rows else None

    def postpone(self, record: LetterRecord, due: datetime) -> None:
        """Give back a letter that was claimed, until `due`; nothing happens if another sender has it by now."""
        self._run(POSTPONE, (milliseconds(due), record.message_id, milliseconds(record.due)))

    def hasten(self, message_id: str, due: datetime) -> None:
        """Let a letter that nobody claimed yet be claimed from `due` on."""
        self._run(HASTEN, (milliseconds(due), message_id))

    def remove(self, message_id: str) -> None:
        """Take a letter away: sent, given up, or not true after all."""
        self._run(REMOVE, (message_id,))

    def waiting(self) -> Waiting:
        """Count what waits; reads only."""
        [(count, oldest, next_due)] = self._run(COUNT, ())
        return Waiting(int(str(count)), _moment(oldest), _moment(next_due))

    def check(self) -> list[Problem]:
        """Give what is wrong: a file on a network disk, readable by others, or that cannot be written."""
        problems = [_problem(what, remedy) for what, remedy in find_place_faults(self._path)]
        try:
            self._run(EMPTY_WRITE, ())
        except DependencyError as error:
            problems.append(_problem(f"{self._path} cannot be written: {error}", "Make it writable for this user."))
        return problems

    def _run(self, statement: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        try:
            return self._connections.mine().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise _down(error) from error


def _record(row: tuple[object, ...]) -> LetterRecord:
    message_id, recipient, username, message, posted, due, tries = row
    return LetterRecord(
        str(message_id),
        str(recipient),
        str(username),
        message if isinstance(message, bytes) else b"",
        moment(int(str(posted))),
        moment(int(str(due))),
        int(str(tries)),
    )


def _moment(value: object) -> datetime | None:
    return None if value is None else moment(int(str(value)))


def _down(error: Exception) -> DependencyError:
    return DependencyError(Code.RECORDS_DOWN, f"records: {error}")


def _problem(what: str, remedy: str) -> Problem:
    return Problem("idp.toml", "records.path", what, remedy)
