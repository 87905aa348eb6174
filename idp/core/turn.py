"""One thread of a process computes at a time; who waits for somebody else steps aside.

Python runs one thread at a time anyway, and lets them take turns at every system call. Threads that compute side by
side spend a good part of their time handing over to one another; a turn that is kept until there is really something
to wait for spares that. Nothing is made safe by it: it orders work, it guards no data.
"""

import os
from collections import deque
from collections.abc import Callable
from threading import Lock, local
from types import TracebackType

LONGEST_SECONDS = 3.0
"""A thread that computes for longer, or waits without stepping aside, stops nobody after that."""


def _nobody() -> None:
    """Tell nobody."""


class Turn:
    """The turn of a process; `when_free` is called by each thread that has stepped aside."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget whoever had it: after a fork nobody has."""
        self.when_free: Callable[[], None] = _nobody
        self._lock = Lock()
        self._mine = local()
        # Not a number: several threads change it, and a deque's ends they change one at a time.
        self._returning: deque[None] = deque()

    @property
    def is_taken(self) -> bool:
        """Whether a thread computes."""
        return self._lock.locked()

    @property
    def is_wanted(self) -> bool:
        """Whether a thread that had stepped aside waits to go on."""
        return bool(self._returning)

    def take(self) -> bool:
        """Wait for the turn; False if the calling thread has it already."""
        if getattr(self._mine, "lock", None) is not None:
            return False
        self._acquire()
        return True

    def give(self) -> bool:
        """Give the turn up; False if the calling thread does not have it."""
        lock = getattr(self._mine, "lock", None)
        if lock is None:
            return False
        self._mine.lock = None
        lock.release()
        return True

    def take_again(self) -> None:
        """Wait for the turn before others that have not begun yet."""
        self._returning.append(None)
        self._acquire()
        self._returning.pop()

    def _acquire(self) -> None:
        lock = self._lock
        while not lock.acquire(timeout=LONGEST_SECONDS):
            if lock is self._lock:
                self._lock = Lock()  # whoever has the former one goes on beside us
            lock = self._lock
        self._mine.lock = lock


TURN = Turn()
"""The turn of this process."""
os.register_at_fork(after_in_child=TURN.begin_anew)


class taking_turn:  # noqa: N801 - read as a word of the language: `with taking_turn():`
    """Compute in the block, when the others have stepped aside or are done; a turn within a turn is the same one."""

    __slots__ = ("_took",)

    def __enter__(self) -> None:
        self._took = TURN.take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._took:
            TURN.give()


class stepping_aside:  # noqa: N801 - as taking_turn
    """Wait in the block for somebody else, and let other threads compute meanwhile; nothing, without a turn."""

    __slots__ = ("_gave",)

    def __enter__(self) -> None:
        self._gave = TURN.give()
        if self._gave:
            TURN.when_free()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._gave:
            TURN.take_again()
