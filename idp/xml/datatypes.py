"""The few XML Schema types that decide something, read strictly and in linear time (security.md A-09, A-10)."""

import re
from datetime import UTC, datetime, timedelta, timezone

_LONGEST_DATE_TIME = 40
_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NC_NAME = re.compile(f"[{_NAME_START}][{_NAME_START}0-9.\u00b7\u0300-\u036f\u203f\u2040-]{{0,255}}")
_UNSIGNED_SHORT = re.compile(r"[0-9]{1,5}")


def read_date_time(text: str) -> datetime:
    """Read an xs:dateTime that names its zone, as UTC with microseconds; raises ValueError."""
    match = _DATE_TIME.fullmatch(text) if len(text) <= _LONGEST_DATE_TIME else None
    if match is None:
        raise ValueError("not an xs:dateTime with a zone")
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    zone = UTC if sign is None else _zone(sign, int(zone_hours), int(zone_minutes))
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of the range of dates") from error


def read_boolean(text: str) -> bool:
    """Read an xs:boolean: true, false, 1, 0; raises ValueError for every other text."""
    if text in {"true", "1"}:
        return True
    if text in {"false", "0"}:
        return False
    raise ValueError("not an xs:boolean")


def read_unsigned_short(text: str) -> int:
    """Read digits alone as 0 to 65535; raises ValueError for signs, spaces and more."""
    if _UNSIGNED_SHORT.fullmatch(text) is None or int(text) > 65535:
        raise ValueError("not an xs:unsignedShort")
    return int(text)


def is_nc_name(text: str) -> bool:
    """Tell whether the text is an xs:NCName of at most 256 characters, as an xs:ID must be."""
    return _NC_NAME.fullmatch(text) is not None


def _zone(sign: str, hours: int, minutes: int) -> timezone:
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError("no such zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if sign == "+" else -offset)
