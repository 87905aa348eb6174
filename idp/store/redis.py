"""Short-lived state in Redis, for many machines (design 8)."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError, Problem
from idp.core.secret import Secret
from idp.core.turn import stepping_aside
from idp.plugin.tools import Count
from idp.store import scripts
from idp.store.convert import SWEEP_AFTER, count, duration_milliseconds, key_bytes, milliseconds

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
PREFIX = b"warifu\0"
KEPT = duration_milliseconds(SWEEP_AFTER)


class RedisStore:
    """Moments and counters in Redis; every operation is one command or script and raises DependencyError (STORE_DOWN).

    `url` is redis://, rediss:// or unix://. Nothing is tried twice: an answer that was lost is a failure, so that a
    `put` never loses against itself and an addition never counts twice.
    """

    def __init__(self, url: str, password: Secret | None, clock: Clock) -> None:
        self._clock = clock
        self._client = redis.Redis.from_url(
            url,
            password=password.reveal().decode("utf-8") if password else None,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._put = self._client.register_script(scripts.PUT)
        self._take = self._client.register_script(scripts.TAKE)
        self._swap = self._client.register_script(scripts.SWAP)
        self._add = self._client.register_script(scripts.ADD)

    def put(self, kind: str, key: bytes | str, value: bytes, expires: datetime, person: str | None = None) -> bool:
        """Store if absent; False when a live value stands."""
        who = (person or "").encode("utf-8")
        end = milliseconds(expires)
        row = b"%016d%04d%b%b" % (end, len(who), who, value)
        return bool(self._run(self._put, _item(kind, key), _index(kind), self._now(), KEPT, end, who, row))

    def get(self, kind: str, key: bytes | str) -> bytes | None:
        """Give the live value, None without one."""
        with _asking():
            row = self._client.get(_item(kind, key))
        return _value(row) if isinstance(row, bytes) and _expires(row) > self._now() else None

    def take(self, kind: str, key: bytes | str) -> bytes | None:
        """Give the live value and remove it; of many callers one gets it."""
        row = self._run(self._take, _item(kind, key), self._now())
        return _value(row) if isinstance(row, bytes) else None

    def swap(
        self, kind: str, key: bytes | str, old: bytes, new: bytes, expires: datetime, person: str | None = None
    ) -> bool:
        """Replace the live value if it is `old`, byte for byte; the person stays unless one is named."""
        end = milliseconds(expires)
        who = person.encode("utf-8") if person else b""
        named = b"%04d%b" % (len(who), who) if who else b""
        return bool(self._run(self._swap, _item(kind, key), _index(kind), self._now(), KEPT, end, old, new, named))

    def add(self, name: str, amount: int, lifetime: timedelta) -> Count:
        """Add to a counter that lives `lifetime` from its first addition; it never falls below nothing."""
        return self.add_all(amount, [(name, lifetime)])[0]

    def add_all(self, amount: int, counters: Sequence[tuple[str, timedelta]]) -> list[Count]:
        """Add the same to several counters, each with its lifetime, at one go; their counts in the order given."""
        if not counters:
            return []
        now = self._now()
        keys = [PREFIX + b"counter\0" + name.encode("utf-8") for name, _ in counters]
        ends = [now + duration_milliseconds(lifetime) for _, lifetime in counters]
        counts = self._run_on(self._add, keys, now, KEPT, amount, *ends)
        return [count(int(value), int(end)) for value, end in counts]

    def of(self, kind: str, person: str) -> Sequence[tuple[bytes, bytes]]:
        """Give the live keys and values of a kind that were put for a person, ordered by key."""
        who, now, start = person.encode("utf-8"), self._now(), _item(kind, b"")
        with _asking():
            found = self._client.zrange(_index(kind) + who, 0, -1)
            keys = sorted(key for key in found if isinstance(key, bytes))
            rows = self._client.mget(keys) if keys else []
        return [
            (key[len(start) :], _value(row))
            for key, row in zip(keys, rows, strict=True)
            # The index may still name a row that has gone, or that stands for somebody else by now.
            if isinstance(row, bytes) and _expires(row) > now and _person(row) == who
        ]

    def remove(self, kind: str, key: bytes | str) -> None:
        """Take a value away, if there is one."""
        with _asking():
            self._client.delete(_item(kind, key))

    def sweep(self, limit: int) -> int:
        """Do nothing: Redis clears away what is dead by itself."""
        return 0

    def check(self) -> list[Problem]:
        """Give what is wrong: no answer, no right to write, or a server that throws rows away when memory is short."""
        try:
            policy = self._client.info("memory").get("maxmemory_policy")
            self._client.set(PREFIX + b"check\0" + os.urandom(16), b"", px=1)
        except redis.RedisError as error:
            return [_problem(f"Redis does not serve us: {error}", "Start it, or correct the address and password.")]
        if policy != "noeviction":
            what = f"Redis may forget replay records and sessions (maxmemory-policy {policy})"
            return [_problem(what, "Set maxmemory-policy noeviction in redis.conf.")]
        return []

    def _now(self) -> int:
        return milliseconds(self._clock())

    def _run(self, script: Any, key: bytes, *values: bytes | int) -> Any:
        return self._run_on(script, [key], *values)

    def _run_on(self, script: Any, keys: list[bytes], *values: bytes | int) -> Any:
        # Any: redis types a script's answer as whatever the script gives.
        with _asking():
            return script(keys=keys, args=values)


@contextmanager
def _asking() -> Iterator[None]:
    """Let other threads compute while Redis is asked. Raises DependencyError when it does not serve us."""
    try:
        with stepping_aside():
            yield
    except redis.RedisError as error:
        raise DependencyError(Code.STORE_DOWN, f"Redis: {error}") from error


def _item(kind: str, key: bytes | str) -> bytes:
    return b"%bmoment\0%b\0%b" % (PREFIX, kind.encode("utf-8"), key_bytes(key))


def _index(kind: str) -> bytes:
    return b"%bperson\0%b\0" % (PREFIX, kind.encode("utf-8"))


def _expires(row: bytes) -> int:
    return int(row[:16])


def _person(row: bytes) -> bytes:
    return row[20 : 20 + int(row[16:20])]


def _value(row: bytes) -> bytes:
    return row[20 + int(row[16:20]) :]


def _problem(what: str, remedy: str) -> Problem:
    return Problem("idp.toml", "store.redis", what, remedy)
