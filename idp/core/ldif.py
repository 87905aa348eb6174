"""Entries as text and back (RFC 2849): no value can start a line of its own, no line names a file to be read."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LONGEST_LINE = 76
LONGEST_RECORD_BYTES = 1 << 20
_SAFE_BEGINNING = frozenset(range(0x21, 0x7F)) - set(b":<")
_SAFE = frozenset(range(0x20, 0x7F))


@dataclass(frozen=True, slots=True)
class LDIFRecord:
    """One entry: the line it begins on, its DN, its values by lower-case attribute name."""

    line: int
    dn: str
    values: Mapping[str, tuple[bytes, ...]]

    def first(self, attribute: str) -> bytes | None:
        """Give the first value of an attribute."""
        values = self.values.get(attribute.lower(), ())
        return values[0] if values else None


def write_record(dn: str, attributes: Iterable[tuple[str, bytes]]) -> str:
    """Write an entry and the empty line after it; whatever is not plain ASCII is base64 (security.md X-06)."""
    lines = [_line("dn", dn.encode("utf-8", "surrogatepass"))]
    lines += [_line(name, value) for name, value in attributes]
    return "".join(lines) + "\n"


def read_records(lines: Iterable[bytes]) -> Iterator[LDIFRecord]:
    """Read entries; raises ValueError, which names the line, for anything that is not one, changes too."""
    held: list[tuple[int, bytes]] = []
    size = 0
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        size += len(line)
        if size > LONGEST_RECORD_BYTES:
            raise ValueError(f"line {number}: an entry is longer than {LONGEST_RECORD_BYTES} bytes")
        if line.startswith(b" ") and held:
            held[-1] = (held[-1][0], held[-1][1] + line[1:])
        elif line:
            held.append((number, line))
        else:
            yield from _record(held)
            held, size = [], 0
    yield from _record(held)


def unfold(text: str) -> list[str]:
    """Give the lines of a text, each continued line in one; comments are left as they are."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and lines and lines[-1]:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines


def fold(line: str) -> str:
    """Break a long line of ASCII as RFC 2849 wants it."""
    first, rest = line[:LONGEST_LINE], line[LONGEST_LINE:]
    step = LONGEST_LINE - 1
    return "\n ".join([first, *(rest[at : at + step] for at in range(0, len(rest), step))])


def _line(name: str, value: bytes) -> str:
    plain = not value or (value[0] in _SAFE_BEGINNING and value[-1] != 0x20 and set(value) <= _SAFE)
    return fold(f"{name}: {value.decode('ascii')}" if plain else f"{name}:: {b64encode(value).decode('ascii')}") + "\n"


def _record(held: list[tuple[int, bytes]]) -> Iterator[LDIFRecord]:
    pairs = [(number, *_split(number, line)) for number, line in held if not line.startswith(b"#")]
    if pairs and pairs[0][1] == "version":
        pairs = pairs[1:]
    if not pairs:
        return
    number, name, dn = pairs[0]
    if name != "dn":
        raise ValueError(f"line {number}: an entry begins with dn:")
    values: dict[str, list[bytes]] = {}
    for at, attribute, value in pairs[1:]:
        if attribute in {"dn", "changetype"}:
            raise ValueError(f"line {at}: only entries are read, no changes")
        values.setdefault(attribute, []).append(value)
    try:
        yield LDIFRecord(number, dn.decode("utf-8"), {name: tuple(all_) for name, all_ in values.items()})
    except UnicodeDecodeError:
        raise ValueError(f"line {number}: the DN is not UTF-8") from None


def _split(number: int, line: bytes) -> tuple[str, bytes]:
    name, colon, rest = line.partition(b":")
    if not colon or not name or not name.isascii():
        raise ValueError(f"line {number}: no attribute: value")
    attribute = name.decode("ascii").lower()
    if rest.startswith(b"<"):
        raise ValueError(f"line {number}: values from files are not read")
    if not rest.startswith(b":"):
        return attribute, rest.lstrip(b" ")
    try:
        return attribute, b64decode(rest[1:].strip(b" "), validate=True)
    except Base64Error:
        raise ValueError(f"line {number}: not base64") from None
