"""The page that takes a recovery code: used up in the directory before it counts, and the person is told (N18, R10)."""

from collections.abc import Sequence

from idp.plugin import (
    Ask,
    Code,
    Factor,
    NoticeKind,
    Outcome,
    Problem,
    Proof,
    Proved,
    Refused,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from plugins.recovery.codes import is_code, normalise
from plugins.recovery.credential import RECOVERY, USED, CodeSet, standing_set, written
from plugins.recovery.enrol import CodesEnrolment
from plugins.recovery.settings import RecoverySettings

RACES = 5
"""How often a set that somebody else moved is looked at again."""


class RecoveryMethod(CodesEnrolment):
    """Knows the person by one of the codes that they kept."""

    def __init__(self, settings: RecoverySettings) -> None:
        super().__init__(settings.codes)
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for a code; refuse who has none left, or whose codes are stopped."""
        if visit.subject is None:
            return Refused(Code.NO_RECOVERY_CODES)
        found = standing_set(visit.subject, tools)
        return self._refusal(found) or _ask(visit.subject, found)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the code: one that is wrong and one that was used are one answer."""
        if visit.subject is None:
            return Refused(Code.NO_RECOVERY_CODES)
        code = normalise(visit.form.get("recovery_code", ""))
        for _ in range(RACES):
            found = standing_set(visit.subject, tools)
            refusal = self._refusal(found)
            if refusal is not None or found is None:
                return refusal or Refused(Code.NO_RECOVERY_CODES)
            ask = _ask(visit.subject, found)
            if not is_code(code):
                return Ask(ask.page, ask.values, Code.CODE_FORMAT if code else Code.CODE_EMPTY)
            outcome = self._judge(visit, visit.subject, found, code, tools)
            if outcome is not None:
                return outcome
        return Wrong(Code.WRONG_CODE, ask)

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what the directory's schema lacks to keep codes."""
        lacking = ", ".join(tools.credentials.lacks(RECOVERY))
        remedy = "Add the schema of conf/ldap/README.md to the directory's configuration"
        return [Problem("the directory", "schema", f"it does not know {lacking}", remedy)] if lacking else []

    def _judge(self, visit: Visit, subject: Subject, found: CodeSet, code: str, tools: Tools) -> Outcome | None:
        """Give what becomes of the code; None where the set was moved meanwhile, and is to be looked at again."""
        place = found.hashes.find(code)
        if place is None or found.left[place] == USED:
            failed = {"failures": str(found.failures + 1).encode()}
            done = tools.credentials.swap(subject, found.credential, RECOVERY, failed)
            return Wrong(Code.WRONG_CODE, _ask(subject, found)) if done else None
        spent = {
            "state": (found.left[:place] + USED + found.left[place + 1 :]).encode(),
            "failures": b"0",
            "used_at": written(tools.now).encode(),
        }
        try:
            with tools.notices.telling(NoticeKind.USED, visit):
                if not tools.credentials.swap(subject, found.credential, RECOVERY, spent):
                    raise _OvertakenError
        except _OvertakenError:
            return None
        proof = Proof("recovery", frozenset({Factor.POSSESSION}), tools.now, found.binding, found.bound_at)
        return Proved(subject, proof)

    def _refusal(self, found: CodeSet | None) -> Refused | None:
        if found is None or not found.count:
            return Refused(Code.NO_RECOVERY_CODES)
        return Refused(Code.RECOVERY_CODES_STOPPED) if found.failures >= self._settings.stop_after else None


class _OvertakenError(Exception):
    """Takes the letter back: somebody else was first."""


def _ask(subject: Subject, found: CodeSet | None) -> Ask:
    return Ask("recovery", {"username": subject.username, "count": str(found.count if found is not None else 0)})
