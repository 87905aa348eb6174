"""The index as a file: an SQLite database that is written once, put in place by rename, and never changed (M-04)."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

FORMAT = 2
"""Raised with every change of the tables or of a record; an index of another format is built anew."""

_TABLES = """
CREATE TABLE entity (entity_id TEXT NOT NULL, rank INTEGER NOT NULL, record BLOB NOT NULL,
                     PRIMARY KEY (entity_id, rank)) STRICT, WITHOUT ROWID;
CREATE TABLE source (rank INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, digest BLOB NOT NULL,
                     refusals TEXT NOT NULL, valid_until TEXT NOT NULL, issued TEXT NOT NULL) STRICT;
CREATE TABLE conflict (entity_id TEXT NOT NULL, source TEXT NOT NULL, rank INTEGER NOT NULL) STRICT;
CREATE TABLE total (entities INTEGER NOT NULL) STRICT;
"""
_SUMMARY = """
INSERT INTO conflict SELECT entity_id, name, entity.rank FROM entity JOIN source USING (rank) WHERE entity_id IN
    (SELECT entity_id FROM entity GROUP BY entity_id HAVING count(*) > 1);
INSERT INTO total SELECT count(DISTINCT entity_id) FROM entity;
"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the index holds of one source, by its name.

    `version` tells cheaply whether the source has changed since, `digest` (SHA-256) for certain. `valid_until` and
    `issued` (mdrpi:PublicationInfo) are the document's own, where it says them.
    """

    name: str
    version: str
    digest: bytes
    refusals: tuple[str, ...] = ()
    valid_until: datetime | None = None
    issued: datetime | None = None


Row = tuple[str, int, bytes]
"""entityID, rank of its source, record."""


def connect(path: Path) -> sqlite3.Connection:
    """Open an index to read it. It needs no locks: the file in place never changes."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)


def write_index(path: Path, options: int, rows: Iterable[Row], sources: Iterable[SourceState]) -> None:
    """Build the index beside `path`, then put it there by rename; readers see the old one or the new one.

    `options` is a number that stands for how the sources were read; `read_sources` asks for the same. The sources
    stand in the order of their ranks; they are taken after the rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(beside, isolation_level=None)) as database:
        database.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA user_version={FORMAT};"
            f" PRAGMA application_id={options}; {_TABLES}"
        )
        database.execute("BEGIN")
        database.executemany("INSERT INTO entity VALUES (?, ?, ?)", rows)
        database.executemany(
            "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_source_row(rank, state) for rank, state in enumerate(sources)),
        )
        database.execute("COMMIT")
        database.executescript(_SUMMARY)
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def read_sources(path: Path, options: int) -> dict[str, SourceState] | None:
    """Give the sources of the index in place, in order; None where no index was written with these options."""
    try:
        with reading(path) as database:
            (form,), (written,) = (
                database.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")
            )
            if (form, written) != (FORMAT, options):
                return None
            found = database.execute(
                "SELECT name, version, digest, refusals, valid_until, issued FROM source ORDER BY rank"
            ).fetchall()
    except sqlite3.Error:
        return None
    return {
        name: SourceState(name, version, digest, tuple(refusals.splitlines()), _moment(valid_until), _moment(issued))
        for name, version, digest, refusals, valid_until, issued in found
    }


def read_rows(database: sqlite3.Connection, source: str) -> Iterator[tuple[str, bytes]]:
    """Give entityID and record of all that is of one source."""
    statement = "SELECT entity_id, record FROM entity WHERE rank = (SELECT rank FROM source WHERE name = ?)"
    yield from database.execute(statement, (source,))


def read_summary(path: Path) -> tuple[int, dict[str, tuple[str, ...]]]:
    """Give how many entities the index in place has, and the sources of those that are in several."""
    if not path.exists():
        return 0, {}
    with reading(path) as database:
        (entities,) = database.execute("SELECT entities FROM total").fetchone()
        twice = database.execute("SELECT entity_id, source FROM conflict ORDER BY entity_id, rank").fetchall()
    found: dict[str, tuple[str, ...]] = {}
    for entity_id, source in twice:
        found[entity_id] = (*found.get(entity_id, ()), source)
    return entities, found


def _source_row(rank: int, state: SourceState) -> tuple[int, str, str, bytes, str, str, str]:
    refusals = "\n".join(state.refusals)
    return rank, state.name, state.version, state.digest, refusals, _text(state.valid_until), _text(state.issued)


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the index in place for a while."""
    with closing(connect(path)) as database:
        yield database


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
