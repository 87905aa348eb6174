"""Why what a browser sent proves nothing; the operator is told, the page never tells one from another."""

import struct
from enum import StrEnum

UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)
"""What the library raises at octets that it cannot read."""


class Doubt(StrEnum):
    """The step of the verification that did not hold (WebAuthn Level 3, 7.1 and 7.2)."""

    UNREADABLE = "it cannot be read"
    CEREMONY = "another ceremony"
    CHALLENGE = "another challenge"
    ORIGIN = "another origin"
    RELYING_PARTY = "another relying party"
    NOBODY_PRESENT = "nobody was present"
    NOT_VERIFIED = "the person was not verified"
    BACKUP = "the backup flags contradict"
    KEY = "a key that is not accepted"
    SIGNATURE = "the signature is wrong"
    UNKNOWN = "an unknown credential"
    HANDLE = "another person's user handle"
    COUNTER = "the counter did not rise"


class CeremonyError(Exception):
    """A response that proves nothing."""

    def __init__(self, doubt: Doubt, detail: str = "") -> None:
        super().__init__(f"{doubt}: {detail}" if detail else str(doubt))
        self.doubt = doubt
