"""The last good document of a remote source on disk, what was fetched after it, and how the fetching goes."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_MODE = 0o600


@dataclass(frozen=True, slots=True)
class FetchState:
    """How the fetching of a source goes; moments are seconds of the epoch, 0 for never.

    `etag` and `last_modified` are of the document that `url` gave last; `problem` is empty while all is well.
    """

    url: str = ""
    etag: str = ""
    last_modified: str = ""
    tried: float = 0
    confirmed: float = 0
    failures: int = 0
    problem: str = ""


class Backing:
    """The files of one remote source: `NAME.xml` is good, `NAME.xml.news` was fetched and not verified yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.news = path.with_name(path.name + ".news")
        self._state = path.with_name(path.name + ".json")

    @property
    def is_there(self) -> bool:
        """Tell whether there is a good document."""
        return self.path.exists()

    @property
    def has_news(self) -> bool:
        """Tell whether a document waits to be verified."""
        return self.news.exists()

    @property
    def problem(self) -> str:
        """Give what is wrong with the fetching; empty while all is well."""
        return self.state().problem

    def state(self) -> FetchState:
        """Give how the fetching goes; at its beginning where that cannot be read."""
        try:
            return FetchState(**json.loads(self._state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return FetchState()

    def write_state(self, state: FetchState) -> None:
        """Write it down. Raises OSError."""
        self.write(self._state, json.dumps(asdict(state)).encode())

    def accept(self) -> None:
        """Put what was fetched in the place of what was good. Raises OSError."""
        self.news.replace(self.path)
        self.write_state(replace(self.state(), failures=0, problem=""))

    def refuse(self, what: str) -> None:
        """Put aside what was fetched: it is bad, and what was good stays. Raises OSError."""
        self.news.replace(self.path.with_name(self.path.name + ".refused"))
        state = self.state()
        self.write_state(replace(state, etag="", last_modified="", failures=state.failures + 1, problem=what))

    def write(self, path: Path, octets: bytes) -> None:
        """Write a file for us alone, whole or not at all. Raises OSError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(octets)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
