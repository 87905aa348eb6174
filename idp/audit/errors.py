"""Exceptions as the log may tell of them: where they came from, and their words only where those are ours.

What a library or a plug-in says of a failure may quote a password or a key (security.md T-30).
"""

import sys
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import PurePath
from typing import Any

from idp.core.errors import WarifuError

LONGEST_CHAIN = 8


def describe(error: BaseException) -> str:
    """Give one line: the words of an error of ours, else the file, line and function it was raised in."""
    if isinstance(error, WarifuError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else ""


def format_exception(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write `exc_info` as `exception`: each error of the chain with its frames; a processor of structlog."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_lines(error))
    return event


def _lines(error: BaseException) -> Iterator[str]:
    following: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if following is None:
            return
        frames = traceback.extract_tb(following.__traceback__)
        words = f": {following}" if isinstance(following, WarifuError) else ""
        yield f"{type(following).__name__}{words}"
        yield from (f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        following = following.__cause__ or following.__context__
