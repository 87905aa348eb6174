"""Tools that tell what was done with them, and tools whose every part is down; for the conformance kit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.plugin.tools import Tools

CHANGES = frozenset(
    {"bind", "swap", "add", "supersede", "insert", "delete", "restate", "remove", "put", "take", "send", "telling"}
)
"""The operations that change something, or that the directory counts."""
PARTS = ("people", "credentials", "moments", "letters", "notices")


@dataclass(slots=True)
class Watch:
    """The changing operations that were called, as `part.operation`."""

    changes: set[str] = field(default_factory=set)


class _Part:
    """A part of the tools with something done before each of its operations."""

    def __init__(self, part: object, before: Callable[[str], None]) -> None:
        self._part = part
        self._before = before

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._part, name)

        # whatever the part's own operation takes and gives
        def run(*given: Any, **named: Any) -> Any:
            self._before(name)
            return operation(*given, **named)

        return run


def watched_tools(tools: Tools, watch: Watch) -> Tools:
    """Give tools that note every change in `watch`, and make it."""

    def note(part: str) -> Callable[[str], None]:
        return lambda name: watch.changes.add(f"{part}.{name}") if name in CHANGES else None

    return _with(tools, note)


def broken_tools(tools: Tools) -> Tools:
    """Give tools of which every operation raises DependencyError."""

    def down(part: str) -> Callable[[str], None]:
        def fail(name: str) -> None:
            raise DependencyError(Code.DIRECTORY_DOWN, f"{part}.{name}: made to fail")

        return fail

    return _with(tools, down)


def _with(tools: Tools, before: Callable[[str], Callable[[str], None]]) -> Tools:
    parts: dict[str, Any] = {part: _Part(getattr(tools, part), before(part)) for part in PARTS}
    return replace(tools, **parts)
