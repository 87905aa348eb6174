"""What a directory server answers to one request, read from the wire (RFC 4511 4.1.9, 4.5.2, 4.12; BER after 5.1).

Strict: another message's number, another operation's answer, a length that does not fit end the connection.
"""

from collections.abc import Callable

from idp.directory.result import Answer, Entry, Found

_LARGEST_ANSWER = 16 * 1024 * 1024
_AT_ONCE = 64 * 1024
_LONGEST_WORDS = 500

_SEQUENCE, _SET, _OCTETS, _INTEGER, _ENUMERATED = 0x30, 0x31, 0x04, 0x02, 0x0A
_ENTRY, _REFERENCE = 0x64, 0x73
_CONTROLS, _EXTENDED_VALUE = 0xA0, 0x8B
_ENDS = {0x60: 0x61, 0x63: 0x65, 0x66: 0x67, 0x68: 0x69, 0x6A: 0x6B, 0x77: 0x78}
"""Requests and what ends their answer."""

_Part = tuple[int, int, int]
"""Tag, and where the content begins and ends."""


class ReplyError(Exception):
    """The answer cannot be read, or is not the answer to what was asked."""


def read_reply(receive: Callable[[int], bytes], number: int, request_tag: int) -> tuple[Found, bool]:
    """Read until the end of the answer to message `number`; True if the server has said more than was asked.

    References to other servers are left out. Raises ReplyError; what `receive` raises passes through.
    """
    entries: list[Entry] = []
    data = b""
    while True:
        end = _end_of_message(data)
        while end is None or len(data) < end:
            more = receive(_AT_ONCE)
            if not more:
                raise ReplyError("the server closed the connection")
            data += more
            end = _end_of_message(data)
        tag, start, stop, controls = _open(data, end, number)
        if tag == _ENTRY:
            entries.append(_read_entry(data, start, stop))
        elif tag == _ENDS.get(request_tag):
            return Found(_read_answer(data, start, stop, controls), tuple(entries)), len(data) > end
        elif tag != _REFERENCE:
            raise ReplyError(f"an answer of kind {tag:#x} to a request of kind {request_tag:#x}")
        data = data[end:]


def read_cookie(control: bytes) -> bytes:
    """Give the cookie in the value of the paged results' control (RFC 2696); empty after the last page."""
    if not control:
        return b""
    ((_, start, stop),) = _parts(control, 0, len(control))
    _, cookie = _parts(control, start, stop)
    return control[cookie[1] : cookie[2]]


def _end_of_message(data: bytes) -> int | None:
    """Give where the first message ends; None while its length has not been read."""
    if len(data) < 2 or (data[1] & 0x80 and len(data) < 2 + (data[1] & 0x7F)):
        return None
    start, size = _size(data, 0)
    if data[0] != _SEQUENCE or size > _LARGEST_ANSWER:
        raise ReplyError("not a message, or one that is too long")
    return start + size


def _open(data: bytes, end: int, number: int) -> tuple[int, int, int, dict[str, bytes]]:
    parts = _parts(data, _size(data, 0)[0], end)
    if len(parts) < 2 or parts[0][0] != _INTEGER:
        raise ReplyError("a message without a number")
    if int.from_bytes(data[parts[0][1] : parts[0][2]], "big") != number:
        raise ReplyError("a message that answers nothing we asked: the server ends the session")
    controls = next((_read_controls(data, start, stop) for tag, start, stop in parts[2:] if tag == _CONTROLS), {})
    return (*parts[1], controls)


def _read_answer(data: bytes, start: int, stop: int, controls: dict[str, bytes]) -> Answer:
    code, matched, words, *more = _parts(data, start, stop)
    if (code[0], matched[0], words[0]) != (_ENUMERATED, _OCTETS, _OCTETS):
        raise ReplyError("a result of another form")
    value = next((data[begin:end] for tag, begin, end in more if tag == _EXTENDED_VALUE), b"")
    text = data[words[1] : words[2]].decode("utf-8", "replace")[:_LONGEST_WORDS]
    return Answer(int.from_bytes(data[code[1] : code[2]], "big"), text, controls, value)


def _read_entry(data: bytes, start: int, stop: int) -> Entry:
    dn, attributes = _parts(data, start, stop)
    values: dict[str, tuple[bytes, ...]] = {}
    for _, begin, end in _parts(data, attributes[1], attributes[2]):
        name, held = _parts(data, begin, end)
        if name[0] != _OCTETS or held[0] != _SET:
            raise ReplyError("an attribute of another form")
        held_values = [data[first:last] for _, first, last in _parts(data, held[1], held[2])]
        values[data[name[1] : name[2]].decode("ascii").lower()] = tuple(held_values)
    return Entry(data[dn[1] : dn[2]].decode("utf-8"), values)


def _read_controls(data: bytes, start: int, stop: int) -> dict[str, bytes]:
    controls: dict[str, bytes] = {}
    for _, begin, end in _parts(data, start, stop):
        oid, *more = _parts(data, begin, end)
        value = next((data[first:last] for tag, first, last in more if tag == _OCTETS), b"")
        controls[data[oid[1] : oid[2]].decode("ascii")] = value
    return controls


def _parts(data: bytes, start: int, stop: int) -> list[_Part]:
    """Give the elements that stand between two places, which they must fill."""
    parts: list[_Part] = []
    while start < stop:
        if stop - start < 2:
            raise ReplyError("an element is cut short")
        tag, size = data[start], data[start + 1]
        if size < 0x80:
            start += 2
        else:
            start, size = _size(data, start)
        end = start + size
        if end > stop:
            raise ReplyError("an element is longer than what holds it")
        parts.append((tag, start, end))
        start = end
    return parts


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Give where the content of the element at a place begins and how long it is; definite lengths only."""
    size = data[at + 1]
    if size < 0x80:
        return at + 2, size
    octets = size & 0x7F
    if not 0 < octets <= 4:
        raise ReplyError("a length of another form")
    return at + 2 + octets, int.from_bytes(data[at + 2 : at + 2 + octets], "big")
