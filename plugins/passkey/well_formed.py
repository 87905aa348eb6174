"""Whether octets are one whole CBOR item of the few kinds that authenticators write (RFC 8949 3; CTAP 2.1, 8).

The library takes what is cut off for whole and goes as deep as it is led; it is shown only what passes here.
"""

DEEPEST = 4
"""The nesting that CTAP allows."""
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_CONSTANTS = frozenset({20, 21, 22})


def is_well_formed(data: bytes) -> bool:
    """Say whether `data` is one item, and nothing after it."""
    return end_of_item(data, 0) == len(data)


def end_of_item(data: bytes, start: int, depth: int = 0) -> int | None:
    """Give where the item that begins at `start` ends; None for one that is cut off, too deep, or of another kind."""
    head = _head(data, start)
    if head is None or depth > DEEPEST:
        return None
    kind, number, end = head
    if kind in {_UNSIGNED, _NEGATIVE}:
        return end
    if kind in {_BYTES, _TEXT}:
        return end + number if end + number <= len(data) else None
    if kind in {_ARRAY, _MAP}:
        return _end_of_items(data, end, number * (2 if kind == _MAP else 1), depth + 1)
    return end if kind == _SIMPLE and number in _CONSTANTS and end == start + 1 else None


def _end_of_items(data: bytes, start: int, count: int, depth: int) -> int | None:
    # Every item has an octet at least: a count beyond what is there is a lie, and is not gone through.
    if count > len(data) - start:
        return None
    position: int | None = start
    for _ in range(count):
        if position is None:
            return None
        position = end_of_item(data, position, depth)
    return position


def _head(data: bytes, start: int) -> tuple[int, int, int] | None:
    """Give kind, number, and where the head ends."""
    if start >= len(data):
        return None
    kind, short = data[start] >> 5, data[start] & 0x1F
    if short < 24:
        return kind, short, start + 1
    octets = _LENGTHS.get(short)
    end = start + 1 + (octets or 0)
    if octets is None or end > len(data):
        return None
    return kind, int.from_bytes(data[start + 1 : end], "big"), end
