"""One thread of a process computes at a time; who waits for somebody else steps aside.

Python runs one thread at a time anyway, and lets them take turns at every system call. Threads that compute side by
side spend a good part of their time handing over to one another; a turn that is kept until there is really something
to wait for spares that. Nothing is made safe by it: it orders work, it guards no data.
"""

import os
from threading import Lock, local
from types import TracebackType


class _Turn:
    """The turn of this process, and whether the calling thread has it."""

    def __init__(self) -> None:
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.process_id = os.getpid()
        self.lock = Lock()
        self.mine = local()

    def current(self) -> "_Turn":
        """Give the turn of this very process: what was held before a fork is held by nobody after it."""
        if self.process_id != os.getpid():
            self._begin_anew()
        return self


_TURN = _Turn()


class taking_turn:  # noqa: N801 - read as a word of the language: `with taking_turn():`
    """Compute in the block, when the others have stepped aside or are done; a turn within a turn is the same one."""

    __slots__ = ("_took",)

    def __enter__(self) -> None:
        turn = _TURN.current()
        self._took = not getattr(turn.mine, "held", False)
        if self._took:
            turn.lock.acquire()
            turn.mine.held = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._took:
            _TURN.mine.held = False
            _TURN.lock.release()


class stepping_aside:  # noqa: N801 - as taking_turn
    """Wait in the block for somebody else, and let other threads compute meanwhile; nothing, without a turn."""

    __slots__ = ("_gave",)

    def __enter__(self) -> None:
        self._gave = getattr(_TURN.mine, "held", False)
        if self._gave:
            _TURN.mine.held = False
            _TURN.lock.release()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._gave:
            _TURN.lock.acquire()
            _TURN.mine.held = True
