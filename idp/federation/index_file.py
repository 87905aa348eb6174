"""The index as a file: an SQLite database that is written once, put in place by rename, and never changed (M-04)."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from idp.federation.record import write_record
from idp.federation.service_provider import ServiceProvider

FORMAT = 1
"""Raised with every change of the tables or of a record; an index of another format is built anew."""

_TABLES = """
CREATE TABLE entity (entity_id TEXT NOT NULL, source TEXT NOT NULL, record BLOB NOT NULL,
                     PRIMARY KEY (entity_id, source)) STRICT, WITHOUT ROWID;
CREATE TABLE source (name TEXT PRIMARY KEY, version TEXT NOT NULL, digest BLOB NOT NULL, refusals TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the index holds of one source, by its name.

    `version` tells cheaply whether the source has changed since, `digest` (SHA-256) for certain.
    """

    name: str
    version: str
    digest: bytes
    refusals: tuple[str, ...] = ()


Row = tuple[str, str, bytes]
"""entityID, source, record."""


def row(provider: ServiceProvider) -> Row:
    """Give the row of one service provider."""
    return provider.entity_id, provider.source, write_record(provider)


def connect(path: Path) -> sqlite3.Connection:
    """Open an index to read it. It needs no locks: the file in place never changes."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)


def write_index(path: Path, options: int, sources: Iterable[SourceState], rows: Iterable[Row]) -> None:
    """Build the index beside `path`, then put it there by rename; readers see the old one or the new one.

    `options` is a number that stands for how the sources were read; `read_sources` asks for the same.
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
            "INSERT INTO source VALUES (?, ?, ?, ?)",
            ((item.name, item.version, item.digest, "\n".join(item.refusals)) for item in sources),
        )
        database.execute("COMMIT")
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def read_sources(path: Path, options: int) -> dict[str, SourceState] | None:
    """Give the sources of the index in place; None where there is no index that was written with these options."""
    try:
        with reading(path) as database:
            (form,), (written,) = (
                database.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")
            )
            if (form, written) != (FORMAT, options):
                return None
            found = database.execute("SELECT name, version, digest, refusals FROM source").fetchall()
    except sqlite3.Error:
        return None
    return {
        name: SourceState(name, version, digest, tuple(refusals.splitlines()))
        for name, version, digest, refusals in found
    }


def read_rows(database: sqlite3.Connection, source: str) -> Iterator[Row]:
    """Give the rows of one source."""
    yield from database.execute("SELECT entity_id, source, record FROM entity WHERE source = ?", (source,))


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
