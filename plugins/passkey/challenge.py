"""The challenge of one page: random, five minutes old at most, good once (WebAuthn Level 3, 13.4.3).

It is kept as the state of the conversation that shows the page, so it is good in no other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_bytes

from idp.plugin import Tools

OCTETS = 32
LIFETIME = timedelta(minutes=5)
_TIME_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Challenge:
    """32 octets and when they were made (whole seconds)."""

    octets: bytes
    made: datetime

    @property
    def state(self) -> bytes:
        """What is kept of it."""
        return self.octets + int(self.made.timestamp()).to_bytes(_TIME_OCTETS, "big")

    def is_fresh(self, now: datetime) -> bool:
        """Say whether it is still good; one of the future never is."""
        return timedelta() <= now - self.made <= LIFETIME

    def use(self, tools: Tools) -> bool:
        """Use it up; False when somebody has. Raises DependencyError."""
        key = f"used:{sha256(self.octets).hexdigest()}"
        return tools.moments.put(key, b"1", self.made + LIFETIME + timedelta(minutes=1))


def new_challenge(now: datetime) -> Challenge:
    """Make one."""
    return Challenge(token_bytes(OCTETS), now.replace(microsecond=0))


def read_challenge(state: bytes) -> Challenge | None:
    """Read what was kept; None for anything else."""
    if len(state) != OCTETS + _TIME_OCTETS:
        return None
    try:
        return Challenge(state[:OCTETS], datetime.fromtimestamp(int.from_bytes(state[OCTETS:], "big"), UTC))
    except (OverflowError, ValueError, OSError):
        return None


def current_challenge(state: bytes, now: datetime) -> Challenge:
    """Give the challenge that was kept, a new one where none is or it is too old."""
    kept = read_challenge(state)
    return kept if kept is not None and kept.is_fresh(now) else new_challenge(now)
