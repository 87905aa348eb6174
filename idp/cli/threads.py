"""The threads of a worker, of which one computes and goes from connection to connection."""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from idp.core.turn import TURN, taking_turn


class Threads:
    """As much of an executor as gunicorn asks for.

    Another thread is woken only when nobody computes, because that one has stepped aside; what had been begun goes
    before what is new. `look` has what has come meanwhile submitted; while `are_looking` the main thread need not, and
    sleeps in `rest`.
    """

    def __init__(self, count: int, serve: Callable[[Any], None], look: Callable[[], None]) -> None:
        self._serve = serve
        self._look = look
        self.are_looking = False
        self._waiting: deque[Any] = deque()
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._calls_of_main: SimpleQueue[None] = SimpleQueue()
        self._has_ended = False
        self._threads = [Thread(target=self._run, name=f"serve-{number}", daemon=True) for number in range(count)]
        TURN.when_free = self._go_on
        for thread in self._threads:
            thread.start()

    def submit(self, conn: Any) -> None:
        """Have a connection served."""
        self._waiting.append(conn)
        self.are_looking = True
        if not TURN.is_taken:
            self._calls.put(None)

    def rest(self, seconds: float) -> bool:
        """Sleep until the threads look no more, at most so long; False when that time is over."""
        try:
            self._calls_of_main.get(timeout=seconds)
        except Empty:
            return False
        return True

    def call_another(self) -> None:
        """Have another thread try for what waits."""
        if self._waiting:
            self._calls.put(None)

    def call_main(self) -> None:
        """Let the main thread go on looking."""
        self.are_looking = False
        self._calls_of_main.put(None)

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - the signature of an executor
        """Let each thread end when it is done with what it does."""
        self._has_ended = True
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def _go_on(self) -> None:
        """See to it, when a thread has stepped aside, that somebody goes on."""
        if self._waiting:
            self._calls.put(None)
        else:
            self.call_main()

    def _run(self) -> None:
        while not self._has_ended:
            self._calls.get()
            # Looked at again after each turn: what came while it was held woke nobody.
            while self._waiting and not TURN.is_wanted:
                with taking_turn():
                    self._serve_all()

    def _serve_all(self) -> None:
        while not TURN.is_wanted:
            if not self._waiting:
                self._look()
            try:
                conn = self._waiting.popleft()
            except IndexError:
                self.call_main()
                return
            self._serve(conn)
