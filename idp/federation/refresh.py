"""Bring the index up to date with its sources; what is good stays until something better is there (M-04, M-07)."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from idp.federation.backing import Backing
from idp.federation.folder import (
    FolderFile,
    SourceReading,
    SourceUnreadableError,
    digest_of,
    digest_of_file,
    list_folder,
    look_at,
    read_file,
    read_octets,
)
from idp.federation.index_file import Row, SourceState, read_rows, read_sources, read_summary, reading, write_index
from idp.federation.signed import SignedReading, TrustedSource
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
    """An entityID in several sources; the first is used."""

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
    states: tuple[SourceState, ...] = ()


_News = SourceReading | SignedReading


def refresh(metadata: Metadata, now: datetime) -> RefreshReport:
    """Read what has changed on this machine's disk and put a new index in place if that changes anything.

    A file that is broken or half-written keeps its last good content and is read again each time; one that is gone
    takes its service providers along; a folder that cannot be read changes nothing. What was fetched counts when it
    is verified. One refresh runs at a time. Raises ConfigError where the key of a source cannot be used.
    """
    options = int(metadata.allow_loopback_http)
    sources = [TrustedSource(source) for source in metadata.sources]
    with _alone(metadata.index):
        known = read_sources(metadata.index, options)
        return _Round(metadata, now, known).run(sources)


class _Round:
    """One refresh: what the sources are now, beside what the index holds of them."""

    def __init__(self, metadata: Metadata, now: datetime, known: dict[str, SourceState] | None) -> None:
        self._metadata = metadata
        self._now = now
        self._known = known
        self._before = known or {}
        self._problems: list[SourceProblem] = []
        self._readings: dict[str, _News] = {}
        self._states: list[SourceState] = []

    def run(self, sources: list[TrustedSource]) -> RefreshReport:
        with ExitStack() as stack:
            self._take_folder(self._metadata.folder, None, stack)
            for source in sources:
                self._take_source(source, stack)
            names = [state.name for state in self._states]
            changed = self._known is None or bool(self._readings) or names != list(self._before)
            if changed:
                _write(self._metadata, self._states, self._readings)
        states = [_state(state, self._readings) for state in self._states]
        return _report(self._metadata.index, states, self._problems, changed=changed)

    def _take_source(self, source: TrustedSource, stack: ExitStack) -> None:
        settings = source.settings
        if settings.folder is not None:
            self._take_folder(settings.folder, source, stack)
        elif settings.file is not None:
            self._take_alone(settings.file, source, stack)
        else:
            self._take_fetched(source, stack)

    def _take_folder(self, folder: Path, source: TrustedSource | None, stack: ExitStack) -> None:
        group = "" if source is None else source.settings.name
        try:
            files = list_folder(folder, self._now, group)
        except OSError as error:
            self._problems.append(SourceProblem(str(folder), _unreadable(error), kept=self._known is not None))
            known = [state for name, state in self._before.items() if _group_of(name) == group]
            self._states += [state for state in known if _is_good(state, source)]
            return
        for file in files:
            self._take(file, source, stack)

    def _take_alone(self, path: Path, source: TrustedSource, stack: ExitStack) -> None:
        name = source.settings.name
        try:
            file = look_at(path, self._now, name, is_alone=True)
        except OSError as error:
            self._keep(name, _unreadable(error), source)
        else:
            self._take(file, source, stack)

    def _take_fetched(self, source: TrustedSource, stack: ExitStack) -> None:
        """Take what was fetched since the last round, if it is good; else what was good before (F-11, F-12)."""
        name = source.settings.name
        backing = Backing(self._metadata.fetched(source.settings))
        is_new = backing.has_news and (name in self._before or not backing.is_there)
        path = backing.news if is_new else backing.path
        try:
            file = look_at(path, self._now, name, is_alone=True)
        except FileNotFoundError:
            self._keep(name, backing.problem or "nothing of it was fetched yet", source)
            return
        error = self._take(file, source, stack)
        if is_new and error:
            backing.refuse(error)
        elif is_new:
            backing.accept()
        elif not error and backing.problem:
            self._problems.append(SourceProblem(name, backing.problem, kept=True))

    def _keep(self, name: str, what: str, source: TrustedSource | None) -> None:
        last = self._before.get(name)
        kept = last is not None and _is_good(last, source)
        self._problems.append(SourceProblem(name, what, kept=kept))
        if last is not None and kept:
            self._states.append(last)

    def _take(self, file: FolderFile, source: TrustedSource | None, stack: ExitStack) -> str:
        """Take what the file holds now, or what was good of it; give what is wrong with it."""
        last = self._before.get(file.name)
        if source is not None:
            file = replace(file, version=f"{file.version} {source.mark}")
        try:
            news = self._read_if_changed(file, source, last)
        except SourceUnreadableError as error:
            self._keep(file.name, str(error), source)
            return str(error)
        if news is not None:
            stack.callback(news.close)
            self._readings[file.name] = news
            self._states.append(news.state)
        elif last is not None:
            self._states.append(last)
        return ""

    def _read_if_changed(
        self, file: FolderFile, source: TrustedSource | None, last: SourceState | None
    ) -> _News | None:
        """Give what the file holds now; None where it is what it was."""
        allow_loopback_http = self._metadata.allow_loopback_http
        if last is not None and last.version == file.version and not file.fresh:
            return None
        if source is None:
            octets = read_octets(file)
            if last is not None and last.version == file.version and last.digest == digest_of(octets):
                return None
            return read_file(file, octets, allow_loopback_http=allow_loopback_http)
        if last is not None and last.version == file.version and last.digest == digest_of_file(file):
            return None
        folder = self._metadata.index.parent
        return source.read(file, last, self._now, allow_loopback_http=allow_loopback_http, temporary=folder)


def _write(metadata: Metadata, states: list[SourceState], readings: dict[str, _News]) -> None:
    with ExitStack() as stack:
        old: sqlite3.Connection | None = None
        if any(state.name not in readings for state in states):
            old = stack.enter_context(reading(metadata.index))

        def rows() -> Iterator[Row]:
            for rank, state in enumerate(states):
                news = readings.get(state.name)
                found = news.rows() if news is not None else read_rows(old, state.name) if old is not None else ()
                yield from ((entity_id, rank, record) for entity_id, record in found)

        written = (_state(state, readings) for state in states)
        write_index(metadata.index, int(metadata.allow_loopback_http), rows(), written)


def _state(state: SourceState, readings: dict[str, _News]) -> SourceState:
    """Give the state of a source after its rows were read."""
    return readings[state.name].state if state.name in readings else state


def _is_good(state: SourceState, source: TrustedSource | None) -> bool:
    """Tell whether what the index holds was verified as is wanted now: by these keys, under these lists."""
    return source is None or state.version.endswith(f" {source.mark}")


def _group_of(name: str) -> str:
    """Give the source that a document is of, by its name; dropped files are of none."""
    group, slash, _ = name.partition("/")
    return group if slash or not name.lower().endswith(".xml") else ""


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"


def _report(index: Path, states: list[SourceState], problems: list[SourceProblem], *, changed: bool) -> RefreshReport:
    entities, twice = read_summary(index)
    return RefreshReport(
        changed=changed,
        sources=len(states),
        entities=entities,
        problems=tuple(problems),
        conflicts=tuple(Conflict(entity_id, sources) for entity_id, sources in twice.items()),
        refusals=tuple(f"{state.name}: {refusal}" for state in states for refusal in state.refusals),
        states=tuple(states),
    )


@contextmanager
def _alone(index: Path) -> Iterator[None]:
    """Hold the lock beside the index: two refreshers at once would build the same file."""
    index.parent.mkdir(parents=True, exist_ok=True)
    with index.with_name(index.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
