"""Cut a large document at the children of its groups, as it streams by; a piece at a time is in memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.parse import Limits

_CHUNK = 64 * 1024
_START = re.compile(rb"<([^\s/>]+)")


class Part(Enum):
    """What a cut begins with: the start tag of a group, a child of a group (or a root that is no group), an end tag."""

    OPEN = auto()
    CHILD = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Cut:
    """The octets from one cut to the next, as they stand in the document."""

    part: Part
    octets: bytes

    @property
    def end_tag(self) -> bytes:
        """The end tag that belongs to a group's start tag."""
        match = _START.match(self.octets)
        return b"</%s>" % match[1] if match else b""


def cut(stream: BinaryIO, group: str, limits: Limits, longest: int) -> Iterator[Cut]:
    """Give the document in pieces; `group` ("{namespace}local") is the element that is looked into, however nested.

    UTF-8 only, no document type, no processing instructions. `longest` is how many octets one piece may have. Raises
    ProtocolError as `parse` does. Where the cuts are decides nothing: what is used is what a digest was compared with.
    """
    marks = _Marks(group, limits)
    waiting, base, octets = bytearray(), 0, 0
    while True:
        chunk = stream.read(_CHUNK)
        octets += len(chunk)
        if octets > limits.octets:
            raise _too_large(f"more than {limits.octets} octets of XML")
        marks.feed(chunk)
        waiting += chunk
        while len(marks.found) > 1 or (marks.found and not chunk):
            part, start = marks.found.pop(0)
            end = marks.found[0][1] if marks.found else base + len(waiting)
            yield Cut(part, bytes(waiting[start - base : end - base]))
        if not chunk:
            return
        if marks.found:
            del waiting[: marks.found[0][1] - base]
            base = marks.found[0][1]
        if len(waiting) > longest + _CHUNK:
            raise _too_large(f"one piece of more than {longest} octets")


class _Marks:
    """Where the cuts are; counts what is limited."""

    def __init__(self, group: str, limits: Limits) -> None:
        self.found: list[tuple[Part, int]] = []
        self._group = group.removeprefix("{").replace("}", " ")
        self._limits = limits
        self._depth = self._groups = self._elements = 0
        self._parser = ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.XmlDeclHandler = _check_declaration
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.ProcessingInstructionHandler = _refuse_instruction

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk, not chunk)
        except ExpatError as error:
            raise _malformed(f"line {error.lineno}: not XML") from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise _too_large(f"more than {self._limits.elements} elements")
        if self._depth >= self._limits.depth or len(attributes) > self._limits.attributes:
            raise _malformed(f"line {self._parser.CurrentLineNumber}: nested too deep, or too many attributes")
        if self._depth == self._groups:
            self.found.append((Part.OPEN if tag == self._group else Part.CHILD, self._parser.CurrentByteIndex))
            self._groups += tag == self._group
        self._depth += 1

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if self._depth == self._groups - 1:
            self._groups -= 1
            self.found.append((Part.CLOSE, self._parser.CurrentByteIndex))


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
        raise _malformed("declared as another encoding than UTF-8")


def _refuse_document_type(*_: object) -> None:
    raise _malformed("a document type is not accepted")


def _refuse_instruction(*_: object) -> None:
    raise _malformed("a processing instruction is not accepted")


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)


def _too_large(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_TOO_LARGE, detail, http_status=413)
