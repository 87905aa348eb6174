"""Bring the index up to date with its sources; what is good stays until something better is there (M-04, M-07)."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.federation.folder import (
    FolderFile,
    SourceReading,
    SourceUnreadableError,
    digest_of,
    list_folder,
    read_file,
    read_octets,
)
from idp.federation.index_file import SourceState, read_rows, read_sources, reading, row, write_index
from idp.settings.model import Metadata


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A source that cannot be read as it is now; `kept` says that its last good content is still used."""

    source: str
    what: str
    kept: bool

    def __str__(self) -> str:
        return (
            f"{self.source}: {self.what} ({'the last good content is kept' if self.kept else 'nothing is known of it'})"
        )


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entityID in several sources; the first, by name, is used."""

    entity_id: str
    sources: tuple[str, ...]

    def __str__(self) -> str:
        used, *others = self.sources
        return f"{self.entity_id}: {used} is used, not {', '.join(others)}"


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh found. `changed` says that the index was written; `refusals` are entities, endpoints and keys
    that are not used, each with its source and line. The same report again means that nothing new is to be said.
    """

    changed: bool
    sources: int
    entities: int
    problems: tuple[SourceProblem, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refusals: tuple[str, ...] = ()


def refresh(metadata: Metadata, now: datetime) -> RefreshReport:
    """Read what has changed in the folder and put a new index in place if that changes anything.

    A file that is broken or half-written keeps its last good content and is read again each time; one that is gone
    takes its service providers along; a folder that cannot be read changes nothing. One refresh runs at a time.
    """
    options = int(metadata.allow_loopback_http)
    with _alone(metadata.index):
        known = read_sources(metadata.index, options)
        try:
            files = list_folder(metadata.folder, now)
        except OSError as error:
            problem = SourceProblem(str(metadata.folder), f"cannot be read: {error.strerror}", kept=known is not None)
            return _report(metadata.index, list((known or {}).values()), [problem], changed=False)
        return _bring_up_to_date(metadata, options, known, files)


def _bring_up_to_date(
    metadata: Metadata, options: int, known: dict[str, SourceState] | None, files: list[FolderFile]
) -> RefreshReport:
    before = known or {}
    problems: list[SourceProblem] = []
    readings: dict[str, SourceReading] = {}
    states: list[SourceState] = []
    for file in files:
        last = before.get(file.name)
        try:
            news = _read_if_changed(file, last, allow_loopback_http=metadata.allow_loopback_http)
        except SourceUnreadableError as error:
            problems.append(SourceProblem(file.name, str(error), kept=last is not None))
            news = None
        if news is not None:
            readings[file.name] = news
            states.append(news.state)
        elif last is not None:
            states.append(last)
    changed = known is None or states != sorted(before.values(), key=lambda state: state.name)
    if changed:
        _write(metadata.index, options, states, readings)
    return _report(metadata.index, states, problems, changed=changed)


def _read_if_changed(file: FolderFile, last: SourceState | None, *, allow_loopback_http: bool) -> SourceReading | None:
    """Give what the file holds now; None where it is what it was."""
    if last is not None and last.version == file.version and not file.fresh:
        return None
    octets = read_octets(file)
    if last is not None and last.version == file.version and last.digest == digest_of(octets):
        return None
    return read_file(file, octets, allow_loopback_http=allow_loopback_http)


def _write(index: Path, options: int, states: list[SourceState], readings: dict[str, SourceReading]) -> None:
    with ExitStack() as stack:
        old: sqlite3.Connection | None = None
        if any(state.name not in readings for state in states):
            old = stack.enter_context(reading(index))

        def rows() -> Iterator[tuple[str, str, bytes]]:
            for state in states:
                news = readings.get(state.name)
                if news is not None:
                    yield from map(row, news.service_providers)
                elif old is not None:
                    yield from read_rows(old, state.name)

        write_index(index, options, states, rows())


def _report(index: Path, states: list[SourceState], problems: list[SourceProblem], *, changed: bool) -> RefreshReport:
    entities, conflicts = _count(index)
    return RefreshReport(
        changed=changed,
        sources=len(states),
        entities=entities,
        problems=tuple(problems),
        conflicts=conflicts,
        refusals=tuple(f"{state.name}: {refusal}" for state in states for refusal in state.refusals),
    )


def _count(index: Path) -> tuple[int, tuple[Conflict, ...]]:
    if not index.exists():
        return 0, ()
    with reading(index) as database:
        (entities,) = database.execute("SELECT count(DISTINCT entity_id) FROM entity").fetchone()
        twice = database.execute(
            "SELECT entity_id, source FROM entity WHERE entity_id IN"
            " (SELECT entity_id FROM entity GROUP BY entity_id HAVING count(*) > 1) ORDER BY entity_id, source"
        ).fetchall()
    by_entity: dict[str, list[str]] = {}
    for entity_id, source in twice:
        by_entity.setdefault(entity_id, []).append(source)
    return entities, tuple(Conflict(entity_id, tuple(sources)) for entity_id, sources in by_entity.items())


@contextmanager
def _alone(index: Path) -> Iterator[None]:
    """Hold the lock beside the index: two refreshers at once would build the same file."""
    index.parent.mkdir(parents=True, exist_ok=True)
    with index.with_name(index.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
