"""Fetch the documents of remote sources, when it is time; nothing that is fetched counts before it was verified."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from idp.federation.backing import Backing, FetchState
from idp.fetch import Fetched, FetchError, Wanted, fetch
from idp.settings.metadata_source import MetadataSource
from idp.settings.model import Metadata

FETCH_SECONDS = 120.0
"""How long one document may take."""

_FIRST_RETRY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What came of asking one source; `problem` is empty where it answered."""

    source: str
    is_new: bool
    problem: str = ""


def fetch_due(metadata: Metadata, now: datetime, *, all_of_them: bool = False) -> Iterator[FetchOutcome]:
    """Ask each remote source whose time has come, one after the other. Raises OSError where nothing can be kept."""
    for source in metadata.sources:
        if source.is_remote:
            backing = Backing(metadata.fetched(source))
            state = backing.state()
            if all_of_them or now.timestamp() >= due_at(source, state) or not 0 <= state.tried <= now.timestamp():
                yield _fetch(source, backing, state, now)


def due_at(source: MetadataSource, state: FetchState) -> float:
    """Give when a source is asked again, in seconds of the epoch: sooner after an error, later after many (F-11).

    Up to a tenth earlier, differently for each source, so that not all are asked at once.
    """
    wait = source.refresh_minutes * 60
    if state.failures:
        wait = min(wait, _FIRST_RETRY_SECONDS * 2 ** min(state.failures - 1, 10))
    spread = crc32(f"{source.name} {state.failures}".encode()) % 100 / 1000
    return state.tried + wait * (1 - spread)


def _fetch(source: MetadataSource, backing: Backing, state: FetchState, now: datetime) -> FetchOutcome:
    is_known = state.url == source.url and backing.is_there
    wanted = Wanted(
        source.url,
        octets=source.max_megabytes * 1_000_000,
        seconds=FETCH_SECONDS,
        etag=state.etag if is_known else "",
        last_modified=state.last_modified if is_known else "",
        ca=source.ca,
    )
    state = replace(state, url=source.url, tried=now.timestamp())
    try:
        fetched = _into(backing, wanted)
    except FetchError as error:
        backing.write_state(replace(state, failures=state.failures + 1, problem=f"not fetched: {error}"))
        return FetchOutcome(source.name, is_new=False, problem=str(error))
    state = replace(state, confirmed=now.timestamp())
    if fetched.is_new:  # whether it is good is not known yet
        backing.write_state(replace(state, etag=fetched.etag, last_modified=fetched.last_modified))
    else:
        backing.write_state(replace(state, failures=0, problem=""))
    return FetchOutcome(source.name, fetched.is_new)


def _into(backing: Backing, wanted: Wanted) -> Fetched:
    """Fetch beside, then lay it down to be verified; each try has a file of its own."""
    backing.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = backing.path.with_name(f".{backing.path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            fetched = fetch(wanted, sink)
            os.fsync(sink.fileno())
        if fetched.is_new:
            beside.replace(backing.news)
    finally:
        beside.unlink(missing_ok=True)
    return fetched
