"""A log file that several processes append to, one whole line at a time, and that may be rotated under them."""

import os
import threading
from pathlib import Path

MODE = 0o640


class AppendedFile:
    """Appends with O_APPEND, one write a line, so that lines of several processes never mix (open(2)).

    A file that was moved or removed (logrotate) is opened anew at the next line. Raises OSError; after a line that
    was cut short by a full disk the next one begins on a line of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor = -1
        self._identity = (0, 0)
        self._torn = False

    def append(self, line: bytes) -> None:
        """Write one line; raises OSError unless all of it was taken."""
        with self._lock:
            self._follow()
            data = b"\n" + line if self._torn else line
            written = os.write(self._descriptor, data)
            self._torn = written != len(data)
            if self._torn:
                raise OSError(f"{self._path}: only {written} of {len(data)} bytes were written")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _follow(self) -> None:
        try:
            now = os.stat(self._path)  # noqa: PTH116 - half the time of Path.stat, at every line
        except FileNotFoundError:
            self._close()
        else:
            if (now.st_dev, now.st_ino) == self._identity:
                return
            self._close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
        self._descriptor = os.open(self._path, flags, MODE)
        opened = os.fstat(self._descriptor)
        self._identity = (opened.st_dev, opened.st_ino)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._identity = -1, (0, 0)
