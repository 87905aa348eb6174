"""A network's ranges in a file of their own: one range a line, read whole or not at all (security.md N-07)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from idp.core.network import Range, parse_range

LARGEST_BYTES = 4 * 1024 * 1024
LAST_LINE = "end"
_EXCEPTION = re.compile(r"except\s+")


@dataclass(frozen=True, slots=True)
class RangeList:
    """What a file of ranges says."""

    ranges: tuple[Range, ...]
    exceptions: tuple[Range, ...]


def parse_range_file(content: bytes) -> RangeList:
    """Read `RANGE`, `except RANGE`, empty lines and `# comments`; the last line is `end`.

    Half a file may lack the exceptions, and would let guests in: without its last line it is nothing. Raises
    ValueError with the line and the reason.
    """
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES} bytes")
    lines = list(_lines(content.decode("utf-8-sig")))
    if not lines or lines[-1][1] != LAST_LINE:
        raise ValueError(f"its last line is not {LAST_LINE!r}: it is not whole")
    ranges: list[Range] = []
    exceptions: list[Range] = []
    for number, line in lines[:-1]:
        item = _EXCEPTION.sub("", line, count=1) if _EXCEPTION.match(line) else line
        try:
            (exceptions if item is not line else ranges).append(parse_range(item))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    if not ranges:
        raise ValueError("it has no range")
    return RangeList(tuple(ranges), tuple(exceptions))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.partition("#")[0].strip()
        if bare:
            yield number, bare
