"""The requests we make, as bytes (RFC 4511 4.2, 4.5.1, 4.6, 4.7, 4.12; BER after 5.1).

ldap3 would build each from a tree of objects and take it apart again: half the time of a login at the directory. And
a typed name that never passes through the text of a filter cannot become a part of one (security.md W-01).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.operation import search as untyped_search
from ldap3.utils import asn1 as untyped_asn1

search: Any = untyped_search
asn1: Any = untyped_asn1

Scope = Literal["base", "subtree"]
Change = tuple[Literal["add", "delete", "replace"], str, Sequence[bytes]]

PAGED = "1.2.840.113556.1.4.319"

_SCOPES = {"base": 0, "subtree": 2}
_CHANGES = {"add": 0, "delete": 1, "replace": 2}
_NEVER = 0
_CONSTRUCTED = 0x20
_MARK = "warifu-puts-the-value-here"

_Node = tuple[int, "bytes | tuple[_Node, ...]"]


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write one element with a definite length."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def integer(value: int, tag: int = 0x02) -> bytes:
    """Write a number that is not negative."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value: str) -> bytes:
    """Write a string as an octet string in UTF-8."""
    return tlv(0x04, value.encode("utf-8"))


def bind_request(dn: str, password: bytes) -> bytes:
    """A simple bind, LDAP version 3, with exactly these octets."""
    return tlv(0x60, integer(3), text(dn), tlv(0x80, password))


def search_request(
    base: str, scope: Scope, query: bytes, attributes: tuple[str, ...], *, limit: int, seconds: int
) -> bytes:
    """A search that never follows aliases; `query` is a filter already written."""
    return tlv(
        0x63,
        text(base),
        integer(_SCOPES[scope], 0x0A),
        integer(_NEVER, 0x0A),
        integer(limit),
        integer(seconds),
        b"\x01\x01\x00",
        query,
        _names(attributes),
    )


def modify_request(dn: str, changes: Sequence[Change]) -> bytes:
    """One modification of one entry, its changes in this order."""
    return tlv(0x66, text(dn), tlv(0x30, *(_change(*change) for change in changes)))


def add_request(dn: str, attributes: Sequence[tuple[str, Sequence[bytes]]]) -> bytes:
    """A new entry (RFC 4511 4.7)."""
    return tlv(0x68, text(dn), tlv(0x30, *(_attribute(name, values) for name, values in attributes)))


def extended_request(oid: str) -> bytes:
    """An extended operation without a value."""
    return tlv(0x77, tlv(0x80, oid.encode("ascii")))


def control(oid: str) -> bytes:
    """The controls of a message: this one, not critical, without a value."""
    return tlv(0xA0, tlv(0x30, text(oid)))


def paged_control(size: int, cookie: bytes) -> bytes:
    """The controls of a message: so many results at a time, from where `cookie` says (RFC 2696)."""
    value = tlv(0x04, tlv(0x30, integer(size), tlv(0x04, cookie)))
    return tlv(0xA0, tlv(0x30, text(PAGED), b"\x01\x01\xff", value))


def message(number: int, request: bytes, controls: bytes = b"") -> bytes:
    """A whole LDAPMessage."""
    return tlv(0x30, integer(number), request, controls)


class Query:
    """A filter written once; what is asked for is put in as bytes, never as text."""

    def __init__(self, template: str, place: str = "{value}") -> None:
        """Raises ValueError for a `template` that is no filter (RFC 4515)."""
        try:
            parsed = search.parse_filter(template.replace(place, _MARK), None, True, True, None, False)  # noqa: FBT003
            encoded = bytes(asn1.encode(search.compile_filter(parsed.elements[0])))
        except (LDAPExceptionError, IndexError, AttributeError, KeyError) as error:
            raise ValueError(f"{template!r} is not a filter") from error
        (self._node,) = _read(encoded)

    def write(self, value: bytes = b"") -> bytes:
        """Give the filter with `value` in its place."""
        return _write(self._node, value)


def either(*queries: bytes) -> bytes:
    """Give the filter that any of these answers (RFC 4511 4.5.1.7)."""
    return tlv(0xA1, *queries)


@lru_cache(maxsize=64)
def _names(attributes: tuple[str, ...]) -> bytes:
    return tlv(0x30, *(text(name) for name in attributes))


def _change(kind: str, attribute: str, values: Sequence[bytes]) -> bytes:
    return tlv(0x30, integer(_CHANGES[kind], 0x0A), _attribute(attribute, values))


def _attribute(name: str, values: Sequence[bytes]) -> bytes:
    return tlv(0x30, text(name), tlv(0x31, *(tlv(0x04, value) for value in values)))


def _read(encoded: bytes) -> tuple[_Node, ...]:
    """Take apart what pyasn1 wrote, to find the place of the value."""
    nodes: list[_Node] = []
    while encoded:
        tag, size, start = encoded[0], encoded[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(encoded[2:start], "big")
        body, encoded = encoded[start : start + size], encoded[start + size :]
        nodes.append((tag, _read(body) if tag & _CONSTRUCTED else body))
    return tuple(nodes)


def _write(node: _Node, value: bytes) -> bytes:
    tag, content = node
    if isinstance(content, bytes):
        return tlv(tag, content.replace(_MARK.encode(), value))
    return tlv(tag, *(_write(child, value) for child in content))
