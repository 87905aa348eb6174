"""Codes that were sent: kept as keyed hashes, for one conversation, person, purpose and address, once (E-01 to E-04).

The key of a code is known to its conversation alone: it is the state of the step.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from idp.plugin import Subject, Tools, Visit
from plugins.mailcode.settings import MailCodeSettings

KEY_BYTES = 16


class Judgement(Enum):
    """What becomes of a code that was entered."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Code:
    """One code, and the key under which it is kept."""

    key: str
    digits: str


def new_code(visit: Visit, subject: Subject, address: str, settings: MailCodeSettings, tools: Tools) -> Code:
    """Make a code and keep its hash. Raises DependencyError."""
    code = Code(secrets.token_hex(KEY_BYTES), f"{secrets.randbelow(10**settings.digits):0{settings.digits}}")
    expires = tools.now + timedelta(minutes=settings.minutes)
    tools.moments.put(code.key, _digest(code, visit, subject, address, tools), expires, person=subject.id)
    return code


def judge(
    code: Code, visit: Visit, subject: Subject, address: str, settings: MailCodeSettings, tools: Tools
) -> Judgement:
    """Judge what was entered; of two who enter the right code at once, one has used it. Raises DependencyError."""
    tried = tools.moments.add(f"tries:{code.key}", 1, timedelta(minutes=settings.minutes))
    kept = tools.moments.get(code.key)
    if kept is None or tried.value > settings.tries:
        return Judgement.SPENT
    if not hmac.compare_digest(kept, _digest(code, visit, subject, address, tools)):
        return Judgement.WRONG
    return Judgement.RIGHT if tools.moments.take(code.key) is not None else Judgement.SPENT


def _digest(code: Code, visit: Visit, subject: Subject, address: str, tools: Tools) -> bytes:
    return tools.digest("\0".join((code.key, subject.id, visit.purpose, address, code.digits)).encode())
