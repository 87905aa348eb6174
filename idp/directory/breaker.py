"""Which server is worth asking: after three failures in a row none of its callers waits, but one in five seconds."""

from threading import Lock
from time import monotonic

FAILURES = 3
RETRY_SECONDS = 5.0


class Breaker:
    """The health of one server as this process has seen it (security.md F-01)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._next_try = 0.0

    def is_suspect(self) -> bool:
        """Whether it failed lately; another server is asked first."""
        with self._lock:
            return self._failures > 0 and monotonic() < self._next_try

    def may_try(self) -> bool:
        """Whether to ask it now; when it is out, one caller in five seconds may."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            now = monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + RETRY_SECONDS
            return True

    def succeeded(self) -> None:
        """It answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """It did not answer, or not as a directory server does."""
        with self._lock:
            self._failures += 1
            self._next_try = monotonic() + RETRY_SECONDS
