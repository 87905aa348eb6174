"""The one server that is written: named in the configuration, moved by an administrator when it is gone (design 8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from idp.core.clock import Clock, instant
from idp.settings.model import Directory as DirectorySettings
from idp.store import Store

KEPT = timedelta(days=3650)
SEEN_SECONDS = 1.0
"""How long a process may go on with a writer that was moved."""
_KIND, _KEY = "directory", "writer"


@dataclass(frozen=True, slots=True)
class Writer:
    """The server that is written, and when it was moved here; None for the one the configuration names."""

    uri: str
    since: datetime | None = None


class NamedWriter:
    """Tells every process of the site which server is written; they share it in the store."""

    def __init__(self, settings: DirectorySettings, store: Store | None, clock: Clock) -> None:
        self._configured = Writer(settings.writer or settings.uris[0])
        self._known = frozenset((*settings.uris, self._configured.uri))
        self._store = store if len(self._known) > 1 else None
        self._clock = clock
        self._seen = self._configured
        self._seen_until = 0.0

    @property
    def known(self) -> frozenset[str]:
        """The servers it may be."""
        return self._known

    def current(self) -> Writer:
        """Give the server that is written, at most a second old. Raises DependencyError when the store is away."""
        if self._store is None or monotonic() < self._seen_until:
            return self._seen
        value = self._store.get(_KIND, _KEY)
        self._seen = _read(value, self._known) or self._configured
        self._seen_until = monotonic() + SEEN_SECONDS
        return self._seen

    def move(self, uri: str) -> Writer:
        """Name another server; what the one before did not pass on is lost to it. Raises DependencyError, ValueError.

        Its time begins when no process can still write to the one before.
        """
        if self._store is None or uri not in self._known:
            raise ValueError("not one of the servers of directory.uris")
        now = self._clock()
        moved = Writer(uri, now + timedelta(seconds=SEEN_SECONDS))
        value = f"{instant(now + timedelta(seconds=SEEN_SECONDS))} {uri}".encode()
        old = self._store.get(_KIND, _KEY)
        expires = now + KEPT
        done = (
            self._store.put(_KIND, _KEY, value, expires)
            if old is None
            else self._store.swap(_KIND, _KEY, old, value, expires)
        )
        if not done:
            raise ValueError("somebody else moved it at this moment; look again")
        self._seen_until = 0.0
        return moved


def _read(value: bytes | None, known: frozenset[str]) -> Writer | None:
    """Read what was kept; a server that the configuration no longer names is none."""
    moment, _, uri = (value or b"").decode("utf-8", "replace").partition(" ")
    if uri not in known:
        return None
    try:
        return Writer(uri, datetime.fromisoformat(moment))
    except ValueError:
        return None
