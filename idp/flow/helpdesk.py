"""Who works at the help desk, and what they may do to whom; no other place decides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from idp.core.codes import Code
from idp.core.subject import Subject
from idp.flow.rules import is_member
from idp.settings.helpdesk import DeskRole


class Act(StrEnum):
    """What may be done to a person; none shows or chooses a secret of theirs."""

    UNLOCK = "unlock"
    RESET = "reset"
    SESSIONS = "sessions"
    ISSUE = "issue"
    REVOKE = "revoke"
    UNFREEZE = "unfreeze"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the help desk; `rank` rises with the order of the roles."""

    subject: Subject
    rank: int
    role: DeskRole


def staff_of(roles: Sequence[DeskRole], subject: Subject, groups: Sequence[str]) -> Staff | None:
    """Give the highest role that a person's groups give them; None for who is no staff."""
    for rank in reversed(range(len(roles))):
        if is_member(roles[rank].groups, groups):
            return Staff(subject, rank, roles[rank])
    return None


def may(staff: Staff, act: Act, method: str = "") -> bool:
    """Say whether a role has an act, and for this method."""
    role = staff.role
    return act.value in role.may and (not method or not role.methods or method in role.methods)


def why_not(staff: Staff, person: Subject, theirs: Staff | None, act: Act, method: str = "") -> Code | None:
    """Say why an act is not done: not to oneself, not to staff of one's rank or a higher one, not without the role.

    `theirs` is what the person is at the help desk. None where nothing is against it.
    """
    if person.id == staff.subject.id or (theirs is not None and theirs.rank >= staff.rank):
        return Code.DESK_NOT_OVER
    return None if may(staff, act, method) else Code.DESK_NOT_ALLOWED
