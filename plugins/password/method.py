"""The password page, its judgement, and the notice of a password about to expire."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp.plugin import (
    Ask,
    BindAnswer,
    BindState,
    Claim,
    Code,
    Factor,
    Outcome,
    Proof,
    Proved,
    Refused,
    Secret,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from plugins.password.settings import PasswordSettings

LONGEST_PASSWORD_BYTES = 1024
LONGEST_USERNAME = 256
SECONDS_A_DAY = 86_400
PROVED = "proved"

REFUSALS = {
    BindState.EXPIRED: Code.PASSWORD_EXPIRED,
    BindState.MUST_CHANGE: Code.PASSWORD_MUST_CHANGE,
}
"""What only a right password brings out; LOCKED and DISABLED stay behind the one text for a wrong one (W-08)."""


class PasswordMethod:
    """Knows the person by user name and password."""

    def __init__(self, settings: PasswordSettings) -> None:
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for user name and password; a person known already is named (WCAG 3.3.7). A notice is shown again."""
        kept = _notice_of(visit)
        if kept is not None:
            return Ask(
                "notice", {**kept.values, "change_url": self._settings.change_url}, None, visit.state, kept.subject
            )
        return Ask("password", {"person": visit.subject.username} if visit.subject else {})

    def identify(self, visit: Visit, tools: Tools) -> Claim:
        """Find the entry that the form names. A step-up cannot change the person."""
        typed = visit.form.get("j_username", "").strip()
        if visit.subject is not None:
            return Claim(visit.subject.username, visit.subject)
        if not typed or len(typed) > LONGEST_USERNAME or "\0" in typed:
            return Claim(typed[:LONGEST_USERNAME], None)
        return Claim(typed, tools.people.find(typed))

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Bind as the person (RFC 4513 5.1.2: never with an empty password)."""
        claim = visit.claim or self.identify(visit, tools)
        seen = _notice_of(replace(visit, claim=claim))
        if seen is not None:
            return self._proved(seen.subject, tools)
        # A character that no keyboard types stays what it is: octets that are nobody's password.
        password = visit.form.get("j_password", "").encode("utf-8", "surrogatepass")
        ask = Ask("password", {"person" if visit.subject else "username": claim.typed})
        if not claim.typed or not password.strip():
            return replace(ask, problem=Code.PASSWORD_EMPTY)
        if len(password) > LONGEST_PASSWORD_BYTES or b"\0" in password:
            return Wrong(Code.WRONG_PASSWORD, ask)
        answer = tools.people.bind(claim.subject, Secret(password))
        if claim.subject is None or answer.state in {BindState.WRONG, BindState.LOCKED, BindState.DISABLED}:
            return Wrong(Code.WRONG_PASSWORD, ask)
        if answer.state in REFUSALS:
            return Refused(REFUSALS[answer.state], {"change_url": self._settings.change_url})
        notice = self._notice(answer)
        if notice is not None:
            values = {**notice, "change_url": self._settings.change_url}
            return Ask("notice", values, state=_state(claim.subject, notice), subject=claim.subject)
        return self._proved(claim.subject, tools)

    def _notice(self, answer: BindAnswer) -> dict[str, str] | None:
        if answer.grace_logins_left is not None:
            return {"grace_logins": str(answer.grace_logins_left), "days": ""}
        left = answer.expires_in_seconds
        if left is not None and left < self._settings.warn_days * SECONDS_A_DAY:
            return {"grace_logins": "", "days": str(left // SECONDS_A_DAY)}
        return None

    def _proved(self, subject: Subject, tools: Tools) -> Proved:
        return Proved(subject, Proof("password", frozenset({Factor.KNOWLEDGE}), tools.now))


@dataclass(frozen=True, slots=True)
class _Notice:
    """A notice shown to a person whose password was right; `values` are the numbers on it."""

    subject: Subject
    values: Mapping[str, str]


def _state(subject: Subject, values: Mapping[str, str]) -> bytes:
    return "\0".join((PROVED, subject.id, values["grace_logins"], values["days"])).encode("utf-8")


def _notice_of(visit: Visit) -> _Notice | None:
    """Give the notice that this visit stands at: its state is ours, and of the person who was found."""
    subject = visit.claim.subject if visit.claim is not None else None
    parts = visit.state.decode("utf-8", "replace").split("\0")
    if subject is None or len(parts) != 4 or parts[:2] != [PROVED, subject.id]:
        return None
    return _Notice(subject, {"grace_logins": parts[2], "days": parts[3]})
