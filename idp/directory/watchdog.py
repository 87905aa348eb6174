"""One thread a process that ends what takes too long: a server that sends a byte now and then resets every timeout
of a socket, so the whole operation has a deadline of its own (directory.md 5, trap 9)."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from time import monotonic


class Deadline:
    """A moment (monotonic seconds) by which an operation ends; `passed` tells that it was cut off."""

    __slots__ = ("_done", "_socket", "at", "passed")

    def __init__(self, seconds: float) -> None:
        self.at = monotonic() + seconds
        self.passed = False
        self._done = False
        self._socket: socket.socket | None = None

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the operation has finished."""
        return self._done

    def guard(self, watched: socket.socket | None) -> None:
        """Watch this socket from now on; it is shut down at the deadline."""
        self._socket = watched
        if self.passed:
            self._shut()

    def finish(self) -> None:
        """Say that the operation is over and nothing needs to be cut off."""
        self._done = True
        self._socket = None

    def expire(self) -> None:
        """Cut the operation off if it still runs."""
        if not self._done:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        watched = self._socket
        if watched is not None:
            with suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Holds the deadlines of this process."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._changed = Condition()
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._thread: Thread | None = None

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[Deadline]:
        """Run a block that is cut off after `seconds`."""
        deadline = Deadline(seconds)
        self._add(deadline)
        try:
            yield deadline
        finally:
            deadline.finish()

    def _add(self, deadline: Deadline) -> None:
        if self._pid != os.getpid():
            self._reset()
        with self._changed:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="ldap-watchdog", daemon=True)
                self._thread.start()
            heappush(self._waiting, (deadline.at, next(self._numbers), deadline))
            if self._waiting[0][2] is deadline:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                # All that is over goes at once, so that this thread wakes once in a while and not for each operation.
                while self._waiting and self._waiting[0][2].is_over:
                    heappop(self._waiting)
                if not self._waiting:
                    self._changed.wait()
                elif (left := self._waiting[0][0] - monotonic()) > 0:
                    self._changed.wait(left)
                else:
                    heappop(self._waiting)[2].expire()
