"""Kinds of values of `idp.toml`, each with what it may be."""

from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, HttpUrl, TypeAdapter

from idp.core.mailbox import is_mailbox
from idp.core.network import parse_range
from idp.settings.base import Field


def _url(text: str) -> str:
    TypeAdapter(HttpUrl).validate_python(text)
    return text.rstrip("/")


def _origin(text: str) -> str:
    if text and (not text.startswith("https://") or text.count("/") != 2):
        raise ValueError("write it as https://name:port, without a path")
    return text


def _range(text: str) -> str:
    parse_range(text)
    return text


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError("is no time zone of this machine") from error
    return text


def _mailbox(text: str) -> str:
    if not is_mailbox(text):
        raise ValueError("is not one mail address")
    return text


def _day(value: object) -> object:
    """Take a day of the calendar, as TOML writes it or as text: no time of day, which nobody would see rounded."""
    is_text = isinstance(value, str) and len(value) == len("2027-04-01")
    if isinstance(value, datetime) or not (is_text or isinstance(value, date)):
        raise ValueError("write a day, e.g. 2027-04-01")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day in the site's time zone."""
Origin = Annotated[str, AfterValidator(_origin)]
"""An address without a path, or nothing."""
Url = Annotated[str, AfterValidator(_url)]
Range = Annotated[str, AfterValidator(_range)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
HeaderName = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$")]
"""Without an underscore: a proxy's `A-B` and a client's `A_B` must not be one (security.md R-10)."""
Words = dict[str, str]
"""A text by language, e.g. {ja = "例示大学", en = "Example University"}."""
Action = Literal["login", "register", "replace", "reset", "helpdesk"]
"""What a rule is about."""
Way = Annotated[tuple[str, ...], Field(min_length=1)]
"""Methods that are enough together."""
