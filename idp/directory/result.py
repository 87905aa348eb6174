"""What a directory server answers, in our own values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Result(IntEnum):
    """LDAP result codes that mean something to us (RFC 4511 4.1.9, RFC 4528)."""

    SUCCESS = 0
    SIZE_LIMIT = 4
    REFERRAL = 10
    NO_SUCH_ATTRIBUTE = 16
    CONSTRAINT_VIOLATION = 19
    ATTRIBUTE_EXISTS = 20
    NO_SUCH_OBJECT = 32
    INVALID_DN = 34
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING = 53
    OBJECT_CLASS_VIOLATION = 65
    ENTRY_EXISTS = 68
    OTHER = 80
    ASSERTION_FAILED = 122


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one operation: its code, the server's words (for the log), its controls as raw BER by OID."""

    code: int
    message: str = ""
    controls: Mapping[str, bytes] = field(default_factory=dict)
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry found; values as bytes by lower-case attribute name, options cut off the name stay in it."""

    dn: str
    values: Mapping[str, tuple[bytes, ...]]

    def first(self, attribute: str) -> bytes | None:
        """Give the first value of an attribute."""
        values = self.values.get(attribute.lower(), ())
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a search and the entries that came with it; references to other servers are left out."""

    answer: Answer
    entries: tuple[Entry, ...]
