"""What a person is told of, by mail, whoever did it (security.md T-33)."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """A change of what a person can prove; of what is good for a few times, its use is one, too (people.md R10)."""

    REGISTERED = "registered"
    REPLACED = "replaced"
    RESET = "reset"
    UNLOCKED = "unlocked"
    UNFROZEN = "unfrozen"
    LOGGED_OUT = "logged-out"
    USED = "used"
    TRUSTED = "trusted"
