"""What a directory says of a password: result code, password policy control, Active Directory's sub-codes.

draft-behera-ldap-password-policy-10 for the control; the table of answers is directory.md 6.
"""

import re
from dataclasses import dataclass

from idp.directory.connection import PPOLICY
from idp.directory.result import Answer, Result
from idp.plugin.tools import BindAnswer, BindState

_EXPIRED_389 = "2.16.840.1.113730.3.4.4"
_LONGEST = 64

_BY_ERROR = {0: BindState.EXPIRED, 1: BindState.LOCKED, 2: BindState.MUST_CHANGE}
_ACTIVE_DIRECTORY = re.compile(r"\bdata ([0-9a-f]{2,8})\b")
_BY_SUB_CODE = {
    "530": BindState.DISABLED,
    "531": BindState.DISABLED,
    "532": BindState.EXPIRED,
    "533": BindState.DISABLED,
    "701": BindState.DISABLED,
    "773": BindState.MUST_CHANGE,
    "775": BindState.LOCKED,
}
_WRONG = frozenset(
    (
        Result.NO_SUCH_OBJECT,
        Result.INVALID_DN,
        Result.INAPPROPRIATE_AUTHENTICATION,
        Result.INVALID_CREDENTIALS,
    )
)


@dataclass(frozen=True, slots=True)
class PolicyWord:
    """The password policy control of an answer."""

    error: int | None = None
    grace_logins_left: int | None = None
    expires_in_seconds: int | None = None


def read_policy(value: bytes) -> PolicyWord:
    """Decode the control's value; an empty one says nothing. Raises ValueError for anything not of the form."""
    if not value:
        return PolicyWord()
    if len(value) > _LONGEST:
        raise ValueError("the password policy control is too long")
    parts = _children(_only(value, 0x30))
    warning = _children(parts.pop(0xA0, b""))
    error = parts.pop(0x81, None)
    expires, grace = warning.pop(0x80, None), warning.pop(0x81, None)
    if parts or warning:
        raise ValueError("the password policy control has unknown parts")
    return PolicyWord(_number(error), _number(grace), _number(expires))


def judge_bind(answer: Answer) -> BindAnswer | None:
    """Say what a bind's answer means; None when it says nothing of the person (the server has a problem).

    A success is a login only if nothing in it says otherwise; a control that cannot be read is a server's problem
    (security.md W-12).
    """
    try:
        word = read_policy(answer.controls.get(PPOLICY, b""))
    except ValueError:
        return BindAnswer(BindState.WRONG) if answer.code == Result.INVALID_CREDENTIALS else None
    if answer.code == Result.SUCCESS:
        return _judge_success(answer, word)
    if answer.code in _WRONG:
        return BindAnswer(_BY_ERROR.get(-1 if word.error is None else word.error) or _sub_code(answer.message))
    if answer.code == Result.CONSTRAINT_VIOLATION:
        locked = word.error == 1 or "retry limit" in answer.message
        return BindAnswer(BindState.LOCKED if locked else BindState.WRONG)
    if answer.code == Result.UNWILLING and "inactivated" in answer.message.lower():
        return BindAnswer(BindState.DISABLED)
    return None


def _judge_success(answer: Answer, word: PolicyWord) -> BindAnswer | None:
    if word.error is not None:
        state = _BY_ERROR.get(word.error)
        return BindAnswer(state) if state is not None else None
    if _EXPIRED_389 in answer.controls and word.grace_logins_left is None:
        return BindAnswer(BindState.MUST_CHANGE)
    return BindAnswer(BindState.ACCEPTED, word.grace_logins_left, word.expires_in_seconds)


def _sub_code(message: str) -> BindState:
    found = _ACTIVE_DIRECTORY.search(message)
    return _BY_SUB_CODE.get(found.group(1), BindState.WRONG) if found else BindState.WRONG


def _only(value: bytes, tag: int) -> bytes:
    children = _children(value)
    if set(children) != {tag}:
        raise ValueError("the password policy control is not a sequence")
    return children[tag]


def _children(value: bytes) -> dict[int, bytes]:
    """Split BER elements; 389 Directory Server writes each length in four bytes of its own (X.690 8.1.3.5)."""
    found: dict[int, bytes] = {}
    while value:
        start = 2 + (value[1] & 0x7F) if len(value) > 1 and value[1] & 0x80 else 2
        size = int.from_bytes(value[2:start], "big") if start > 2 else value[1] if len(value) > 1 else 0
        if len(value) < start or start > 6 or size > len(value) - start or value[0] in found:
            raise ValueError("the password policy control is broken")
        found[value[0]], value = value[start : start + size], value[start + size :]
    return found


def _number(value: bytes | None) -> int | None:
    if value is None:
        return None
    if not 1 <= len(value) <= 5 or value[0] & 0x80:
        raise ValueError("the password policy control has a number out of range")
    return int.from_bytes(value, "big")
