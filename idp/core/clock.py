"""The one place that reads the wall clock; everything else is given `now`."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], datetime]
"""Gives the present moment as an aware UTC datetime."""


def system_clock() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)  # one answer names the same few moments a dozen times
def instant(moment: datetime) -> str:
    """Write `moment` as xs:dateTime in UTC with milliseconds (SAML Core 1.3.3)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
