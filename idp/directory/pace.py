"""Every refusal takes as long as a wrong password does, so that time tells nobody who exists (security.md W-08)."""

from collections import deque
from secrets import choice
from threading import Lock
from time import monotonic, sleep

from idp.core.turn import stepping_aside

_REMEMBERED = 50
_LONGEST_SECONDS = 1.0


class Pace:
    """Remembers how long this directory takes over a wrong password of a real person."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._samples: deque[float] = deque(maxlen=_REMEMBERED)

    def remember(self, began: float) -> None:
        """Learn from a wrong password that began at `began` (monotonic seconds)."""
        with self._lock:
            self._samples.append(min(monotonic() - began, _LONGEST_SECONDS))

    def keep(self, began: float) -> None:
        """Wait as long as one of the wrong passwords before would still take; knowing none, do not wait."""
        with self._lock:
            target = choice(self._samples) if self._samples else 0.0
        left = began + target - monotonic()
        if left > 0:
            with stepping_aside():
                sleep(left)
