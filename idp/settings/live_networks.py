"""Networks as the files say now: an edit counts within seconds, in every worker; what cannot be read is outside."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from idp.core.errors import Problem
from idp.core.network import OUTSIDE, Address, Network, name_network, parse_range
from idp.settings.model import NetworkRanges
from idp.settings.range_file import RangeList, parse_range_file
from idp.settings.watched import Watched

LOOK_SECONDS = 1.0
"""Files are looked at once in this time, by the first request that comes."""

Tables = Mapping[str, NetworkRanges | str]
"""The networks of `idp.toml` by name, or what is wrong with one."""


def parse_networks(content: bytes) -> Tables:
    """Read the tables `[networks.NAME]` of `idp.toml` and nothing else of it. Raises ValueError."""
    text = content.decode("utf-8")
    found = tomllib.loads(text).get("networks", {})
    if not isinstance(found, dict):
        raise ValueError("`networks` is not a table")
    return {name: _table(name, table) for name, table in found.items()}


class LiveNetworks:
    """The networks of a site; `tell` hears of every change with all that is wrong from then on.

    What was wrong from the beginning is in `problems`, and is told at the first look after it.
    """

    def __init__(self, file: Path, tell: Callable[[Sequence[Problem]], None], now: datetime) -> None:
        self._file = file
        self._tell = tell
        self._tables = Watched(file, parse_networks)
        self._lists: dict[Path, Watched[RangeList]] = {}
        self._networks: tuple[Network, ...] = ()
        self._known: frozenset[str] = frozenset()
        self._said: tuple[object, ...] = ()
        self._looked = now
        self._lock = Lock()
        self.problems: tuple[Problem, ...] = ()
        self._told: tuple[Problem, ...] = ()
        self._look(now)

    @property
    def all(self) -> tuple[Network, ...]:
        """The networks as they were read last, in their order."""
        return self._networks

    def name(self, address: Address | None, now: datetime) -> str:
        """Give the name of the network that holds `address` now, or OUTSIDE."""
        self.look(now)
        return name_network(address, self._networks)

    def look(self, now: datetime) -> None:
        """Look whether the files have changed, if that was a second ago."""
        if self._is_due(now):
            with self._lock:  # whoever waits here asks of the files as they are now
                if self._is_due(now):
                    self._renew(now)

    def _is_due(self, now: datetime) -> bool:
        return abs((now - self._looked).total_seconds()) >= LOOK_SECONDS or self._told != self.problems

    def _renew(self, now: datetime) -> None:
        is_changed = self._look(now)
        self._looked = now
        if is_changed or self.problems != self._told:
            self._told = self.problems
            self._tell(self.problems)

    def _look(self, now: datetime) -> bool:
        self._tables.look(now)
        tables = self._tables.value or {}
        paths = {self._path(table.file) for table in tables.values() if isinstance(table, NetworkRanges) and table.file}
        self._lists = {path: self._lists.get(path) or Watched(path, parse_range_file) for path in sorted(paths)}
        for each in self._lists.values():
            each.look(now)
        says = (
            self._tables.value,
            self._tables.problem,
            *((each.value, each.problem) for each in self._lists.values()),
        )
        if says == self._said:
            return False
        self._said = says
        self._take(tables)
        return True

    def _take(self, tables: Tables) -> None:
        problems: list[Problem] = []
        if self._tables.problem:
            remedy = "Mend it; until then everybody is outside"
            problems.append(Problem(str(self._file), "networks", self._tables.problem, remedy))
        else:
            problems += [self._lost(name) for name in sorted(self._known - tables.keys())]
            self._known |= tables.keys()
        networks = []
        for name, table in tables.items():
            network, what = self._network(name, table)
            networks.append(network)
            if what:
                remedy = "Mend it; until then it holds nobody, nor does any network after it"
                problems.append(Problem(str(self._file), f"networks.{name}", what, remedy))
        self._networks, self.problems = tuple(networks), tuple(problems)

    def _network(self, name: str, table: NetworkRanges | str) -> tuple[Network, str]:
        if isinstance(table, str):
            return Network(name, (), is_known=False), table
        if table.file is None:
            return Network(name, map(parse_range, table.ranges), map(parse_range, table.exceptions)), ""
        path = self._path(table.file)
        found = self._lists[path]
        if found.value is None:
            return Network(name, (), is_known=False), f"{path}: {found.problem}"
        return Network(name, found.value.ranges, found.value.exceptions), ""

    def _lost(self, name: str) -> Problem:
        return Problem(
            str(self._file), f"networks.{name}", "it is not there any more", "Put it back; where it is meant so, reload"
        )

    def _path(self, file: Path) -> Path:
        return self._file.parent / file


def _table(name: str, table: object) -> NetworkRanges | str:
    if name == OUTSIDE:
        return "this name means everywhere that no network holds"
    try:
        return NetworkRanges.model_validate(table)
    except ValidationError as error:
        return "; ".join(_told(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors())


def _told(key: str, message: str) -> str:
    what = message.removeprefix("Value error, ")
    return f"{key}: {what}" if key else what
