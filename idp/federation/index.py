"""Look a service provider up, one at a time, in the index that the refresher writes (design decision 7)."""

import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.federation.index_file import connect
from idp.federation.record import read_record
from idp.federation.service_provider import ServiceProvider

LOOK_SECONDS = 0.2
"""How often a worker looks whether the file was replaced."""

_REMEMBERED = 256
_FIND = "SELECT record FROM entity WHERE entity_id = ? ORDER BY rank LIMIT 1"
_ALL = "SELECT record, min(rank) FROM entity GROUP BY entity_id ORDER BY entity_id"

_FileVersion = tuple[int, int, int]


class Federation:
    """The service providers as the index has them now; safe for threads, and across a fork.

    An entity that stands in two sources is the one of the first: files of the folder by name, then the sources in
    their order. One whose validUntil has passed is not found. Raises DependencyError where the index cannot be read.
    """

    def __init__(self, index_path: Path, clock: Clock) -> None:
        self._path = index_path
        self._clock = clock
        self._lock = threading.Lock()
        self._process = 0
        self._looked_at = 0.0
        self._version: _FileVersion | None = None
        self._database: sqlite3.Connection | None = None
        self._remembered: OrderedDict[str, ServiceProvider] = OrderedDict()

    def find(self, entity_id: str) -> ServiceProvider | None:
        """Give the service provider of that entityID, compared character by character; None where there is none."""
        with self._lock:
            provider = self._find(entity_id)
        return provider if provider is not None and self._is_valid(provider) else None

    def entities(self) -> Iterator[ServiceProvider]:
        """Give all that are valid now, by entityID; for lists, not for a login."""
        with self._lock:
            records = self._select(_ALL, ())
        providers = (read_record(record) for record, _ in records)
        return (provider for provider in providers if self._is_valid(provider))

    def _is_valid(self, provider: ServiceProvider) -> bool:
        return provider.valid_until is None or self._clock() < provider.valid_until

    def _find(self, entity_id: str) -> ServiceProvider | None:
        self._follow_file()
        remembered = self._remembered.get(entity_id)
        if remembered is not None:
            self._remembered.move_to_end(entity_id)
            return remembered
        rows = self._select(_FIND, (entity_id,))
        if not rows:
            return None
        provider = self._remembered[entity_id] = read_record(rows[0][0])
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return provider

    def _select(self, statement: str, parameters: tuple[str, ...]) -> list[tuple[bytes, ...]]:
        self._follow_file()
        if self._database is None:
            return []
        try:
            return self._database.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            self._forget()
            raise DependencyError(Code.STORE_DOWN, f"{self._path}: {error}") from error

    def _follow_file(self) -> None:
        """Open the file that is in place now; a connection is never carried over a fork."""
        moment = time.monotonic()
        if self._process == os.getpid() and 0 <= moment - self._looked_at < LOOK_SECONDS:
            return
        version = _file_version(self._path)
        if self._process != os.getpid() or version != self._version or version is None:
            self._forget()
            self._database = None if version is None else connect(self._path)
            self._version, self._process = version, os.getpid()
        self._looked_at = moment

    def _forget(self) -> None:
        self._remembered.clear()
        if self._database is not None and self._process == os.getpid():
            self._database.close()
        self._database, self._version, self._process = None, None, 0


def _file_version(path: Path) -> _FileVersion | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DependencyError(Code.STORE_DOWN, f"{path}: {error.strerror}") from error
    return status.st_ino, status.st_mtime_ns, status.st_size
