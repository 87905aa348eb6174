"""The password page, its judgement, and the notice of a password about to expire."""

from dataclasses import replace

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
PROVED = b"proved"

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
        """Ask for user name and password; a person known already is named (WCAG 3.3.7)."""
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
        if visit.state.startswith(PROVED) and claim.subject is not None:
            return (
                self._proved(claim.subject, tools) if visit.state == _state(claim.subject) else self.begin(visit, tools)
            )
        password = visit.form.get("j_password", "").encode("utf-8")
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
            return Ask("notice", notice, state=_state(claim.subject), subject=claim.subject)
        return self._proved(claim.subject, tools)

    def _notice(self, answer: BindAnswer) -> dict[str, str] | None:
        url = self._settings.change_url
        if answer.grace_logins_left is not None:
            return {"grace_logins": str(answer.grace_logins_left), "days": "", "change_url": url}
        left = answer.expires_in_seconds
        if left is not None and left < self._settings.warn_days * SECONDS_A_DAY:
            return {"grace_logins": "", "days": str(left // SECONDS_A_DAY), "change_url": url}
        return None

    def _proved(self, subject: Subject, tools: Tools) -> Proved:
        return Proved(subject, Proof("password", frozenset({Factor.KNOWLEDGE}), tools.now))


def _state(subject: Subject) -> bytes:
    return PROVED + b":" + subject.id.encode("utf-8")
