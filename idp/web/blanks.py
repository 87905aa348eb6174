"""Pages rendered once and filled in many times: what is one visitor's alone is left blank in the kept text.

A blank is a mark that a template puts out as it would put out the value; the value is escaped when it takes the
mark's place. What a mark does not stand for (language, service, problem, the texts) belongs to the key.
"""

import re
from collections.abc import Callable, Hashable, Mapping

from markupsafe import escape

_MARK = "\ue001"
_BLANK = re.compile(f"{_MARK}([A-Za-z_0-9]+){_MARK}")
_MOST = 512


def blank(name: str) -> str:
    """Give the mark for the value that `fill` will have under this name."""
    return f"{_MARK}{name}{_MARK}"


class KeptPages:
    """The texts of pages with their blanks; begun anew when there are too many."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, list[str]] = {}

    def render(self, key: Hashable, fill: Mapping[str, str], write: Callable[[], str]) -> str:
        """Give the page of that key with its blanks filled in; `write` renders it the first time."""
        parts = self._kept.get(key)
        if parts is None:
            parts = self._keep(key, write())
        filled = parts.copy()
        for index in range(1, len(parts), 2):
            filled[index] = escape(fill[parts[index]]) if parts[index] in fill else blank(parts[index])
        return "".join(filled)

    def _keep(self, key: Hashable, text: str) -> list[str]:
        parts = _BLANK.split(text)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = parts
        return parts
