"""What never reaches the log of the process, whoever hands it over (security.md T-30)."""

import re
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import PurePath
from typing import Any

from idp.core.clock import instant
from idp.core.errors import Problem
from idp.core.secret import Secret

REDACTED = "(redacted)"
DEEPEST = 4
LONGEST_FOREIGN = 300

SECRET_KEY = re.compile(
    r"pass(?:word|wd|phrase|code)|secret|seed|otpauth|tokencode|mailcode|recovery|cookie|authorization|credential|"
    r"saml_?re(?:sponse|quest)|relay_?state|private|(?:^|_)(?:pin|code|otp|token|key)s?$",
    re.IGNORECASE,
)
MESSAGE_CODE = re.compile(r"[A-Z]\d{3}")
SENSITIVE_TEXT = re.compile(r"otpauth:\S*|<.*|[A-Za-z0-9+/=_%-]{40,}", re.DOTALL)
"""In what a library says: addresses of secrets, messages in XML, and anything like base64 or hex of some length."""

SPEAKING = (PurePath, BaseException, Problem, IPv4Address, IPv6Address, IPv4Network, IPv6Network)


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what is secret by its key or its type; a processor of structlog. `code` may hold a message's code."""
    for key, value in event.items():
        if key not in {"event", "exc_info"} and not key.startswith("_"):
            event[key] = _redacted(key, value, DEEPEST)
    return event


def quieten(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten what a library says and take out what may be a message or a secret; a processor of structlog."""
    event["event"] = SENSITIVE_TEXT.sub(REDACTED, str(event.get("event", "")))[:LONGEST_FOREIGN]
    event.pop("positional_args", None)
    return event


def _redacted(key: str, value: object, depth: int) -> object:
    if isinstance(value, Secret) or (SECRET_KEY.search(key) and not _is_message_code(key, value)):
        return REDACTED
    return _plain(key, value, depth)


def _plain(key: str, value: object, depth: int) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, SPEAKING):
        return str(value)
    if depth and isinstance(value, Mapping):
        return {str(name): _redacted(str(name), each, depth - 1) for name, each in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_redacted(key, each, depth - 1) for each in value]
    return f"({type(value).__name__})"


def _is_message_code(key: str, value: object) -> bool:
    return key == "code" and isinstance(value, str) and MESSAGE_CODE.fullmatch(value) is not None
