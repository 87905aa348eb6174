"""Counters of what was decided, summed over all worker processes, in Prometheus' text format."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter: what it counts, and its labels; label values are ours, never what somebody sent."""

    meaning: str
    labels: tuple[str, ...]


COUNTERS: Mapping[str, Counter] = {
    "answers": Counter("Answers sent to service providers.", ("status", "context")),
    "logouts": Counter("Sessions ended by a logout, by who asked for it and what became of it.", ("asked", "outcome")),
    "registrations": Counter("What people registered, replaced or reset themselves.", ("action", "method")),
    "errors": Counter("Pages that told of an error.", ("code",)),
    "judgements": Counter("What methods said to what people gave.", ("method", "code")),
    "letters": Counter("What became of letters to people.", ("result",)),
    "failures": Counter("Times that a part we depend on did not serve us.", ("code",)),
}

GAUGES: Mapping[str, Counter] = {
    "metadata_age_seconds": Counter("Since when a source of metadata was not confirmed by its server.", ("source",)),
    "metadata_valid_seconds": Counter("How long what we have of a source is valid; negative after.", ("source",)),
    "metadata_problems": Counter("1 while something is wrong with a source of metadata.", ("source",)),
    "letters_waiting": Counter("Letters to people that are not sent yet.", ()),
    "letters_oldest_seconds": Counter("How long the oldest of them has waited.", ()),
    "factors": Counter("What people have registered or were issued.", ("method", "binding")),
    "findings": Counter("What of it somebody should look at.", ("finding",)),
    "people": Counter("People in the directory.", ()),
}


@lru_cache(maxsize=1024)
def _key(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    key: str = mmap_key(
        f"warifu_{name}",
        f"warifu_{name}_total",
        [label for label, _ in labels],
        [value for _, value in labels],
        COUNTERS[name].meaning,
    )
    return key


class Metrics:
    """Counts in files for each process under `folder`, which the site gives to this and to nothing else.

    What a process that has ended counted stays in the sum until `forget`, which is for the start of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process_id = 0
        self._file = folder
        self._values: MmapedDict | None = None
        self._gauges: MmapedDict | None = None

    def count(self, name: str, **labels: str) -> None:
        """Add one to a counter; raises ValueError for one that is not declared. A full disk costs the count only."""
        counter = COUNTERS.get(name)
        if counter is None or labels.keys() != set(counter.labels):
            raise ValueError(f"no counter {name} with labels {', '.join(labels)}")
        key = _key(name, tuple(labels.items()))
        with self._lock:
            try:
                values = self._mine()
                value, _ = values.read_value(key)
                values.write_value(key, value + 1, 0.0)
            except OSError:
                return

    def set(self, name: str, value: float, now: datetime, **labels: str) -> None:
        """Say how much there is of something; of several processes the last word counts. KeyError if not declared."""
        gauge = GAUGES[name]
        values = [labels[label] for label in gauge.labels]
        key = mmap_key(f"warifu_{name}", f"warifu_{name}", list(gauge.labels), values, gauge.meaning)
        with self._lock:
            try:
                self._mine()
                if self._gauges is None:
                    self._gauges = MmapedDict(str(self._folder / f"gauge_mostrecent_{self._process_id}.db"))
                self._gauges.write_value(key, float(value), now.timestamp())
            except OSError:
                return

    def render(self) -> bytes:
        """Give every counter and gauge of every process."""
        if not self._folder.is_dir():
            return b""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))
        return generate_latest(registry)

    def forget(self) -> None:
        """Begin at nothing; called before the workers start."""
        for file in [*self._folder.glob("counter_*.db"), *self._folder.glob("gauge_*.db")]:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of this process's file; what it holds stays in the sum."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        for values in (self._values, self._gauges):
            if values is not None:
                values.close()
        self._values = self._gauges = None

    def _mine(self) -> MmapedDict:
        if self._values is None or self._process_id != os.getpid() or not self._file.exists():
            # After a fork it is the parent's, which goes on with it; and another process may have begun at nothing.
            self._close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._process_id = os.getpid()
            self._file = self._folder / f"counter_{self._process_id}.db"
            self._values = MmapedDict(str(self._file))
        return self._values
