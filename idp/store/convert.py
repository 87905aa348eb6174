"""What both stores write alike: moments as milliseconds, keys as bytes."""

from datetime import UTC, datetime, timedelta

from idp.plugin.tools import Count

SWEEP_AFTER = timedelta(minutes=10)
"""How long a dead row is kept before it is swept (security.md F-08)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Give `moment` as whole milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def moment(since_epoch: int) -> datetime:
    """Give the moment so many milliseconds after 1970 began."""
    return EPOCH + since_epoch * MILLISECOND


def duration_milliseconds(lifetime: timedelta) -> int:
    """Give `lifetime` as whole milliseconds, rounded down."""
    return lifetime // MILLISECOND


def count(value: int, expires_milliseconds: int) -> Count:
    """Make a Count of what a store holds."""
    return Count(value, moment(expires_milliseconds))


def key_bytes(key: bytes | str) -> bytes:
    """Give a key as bytes; text is UTF-8."""
    return key.encode("utf-8") if isinstance(key, str) else key
