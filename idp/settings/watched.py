"""A file that may be edited at any time: read anew when it has changed, and nothing while it cannot be used."""

import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

SETTLED_SECONDS = 1.0
"""A file changed less than this ago may still be being written."""

V = TypeVar("V")
Stamp = tuple[int, int, int, int]


class Watched(Generic[V]):
    """One file and what it says; `value` is None and `problem` says why where it says nothing that can be used.

    What cannot be used counts at once. What can is taken when the file has been left alone for a second, so that
    half of a file that happens to be readable is never believed; the first look takes what is there.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], V]) -> None:
        self.value: V | None = None
        self.problem = "it was not read yet"
        self._path = path
        self._parse = parse
        self._seen: Stamp | None = None
        self._is_new = True

    def look(self, now: datetime) -> None:
        """Read the file if it is not as it was."""
        try:
            before = _stamp(self._path)
            if before == self._seen:
                return
            value = self._parse(self._path.read_bytes())
            is_settled = abs(now.timestamp() - before[3] / 1e9) >= SETTLED_SECONDS and before == _stamp(self._path)
        except OSError as error:
            self._spoil(f"it cannot be read ({error.strerror or error})")
        except ValueError as error:  # no UTF-8 is one, too
            self._spoil(str(error))
        else:
            if is_settled or self._is_new:
                self.value, self.problem = value, ""
            self._seen = before if is_settled else None
        self._is_new = False

    def _spoil(self, problem: str) -> None:
        self.value, self.problem, self._seen = None, problem, None


def _stamp(path: Path) -> Stamp:
    """Give what changes whenever a file is written or another is put in its place; raises OSError."""
    found = os.stat(path)  # noqa: PTH116 - Path.stat takes twice as long
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is not a file")
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
