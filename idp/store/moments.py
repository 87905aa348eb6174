"""A plug-in's own corner of the store."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.plugin.tools import Count
from idp.store.redis import RedisStore
from idp.store.sqlite import SQLiteStore

Store = SQLiteStore | RedisStore
"""Either store; both do the same (tests/store)."""


class PluginMoments:
    """The store as one plug-in sees it: `idp.plugin.Moments` in a name space that no other code reaches."""

    def __init__(self, store: Store, plugin_name: str) -> None:
        self._store = store
        self._kind = f"plugin:{plugin_name}"

    def put(self, key: str, value: bytes, expires: datetime, person: str | None = None) -> bool:
        """Store if absent; False when a live value stands."""
        return self._store.put(self._kind, key, value, expires, person)

    def get(self, key: str) -> bytes | None:
        """Give the live value."""
        return self._store.get(self._kind, key)

    def take(self, key: str) -> bytes | None:
        """Give the live value and remove it; one caller wins."""
        return self._store.take(self._kind, key)

    def swap(self, key: str, old: bytes, new: bytes, expires: datetime) -> bool:
        """Replace if the live value is `old`, byte for byte."""
        return self._store.swap(self._kind, key, old, new, expires)

    def add(self, name: str, amount: int, lifetime: timedelta) -> Count:
        """Add to a counter whose life began with its first addition."""
        return self._store.add(f"{self._kind}:{name}", amount, lifetime)

    def of(self, person: str) -> Sequence[tuple[str, bytes]]:
        """Give the live keys and values stored for a person."""
        return [(key.decode("utf-8"), value) for key, value in self._store.of(self._kind, person)]
