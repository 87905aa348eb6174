"""The page of the activation code. It looks the same whether a code was issued or not."""

from idp.plugin import Ask, Code, Outcome, Proof, Proved, Subject, Tools, Visit, Wrong
from plugins.activation import issuing
from plugins.activation.settings import ActivationSettings

LONGEST = 64


class ActivationMethod:
    """Knows that the help desk has just identified the person."""

    def __init__(self, settings: ActivationSettings) -> None:
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for the code."""
        return _ask(visit)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the code; wrong, used, expired and never issued are one answer."""
        typed = visit.form.get("activation", "")
        if not typed.strip():
            return Ask("activation", _ask(visit).values, Code.ACTIVATION_EMPTY)
        subject = visit.subject
        if subject is None or len(typed) > LONGEST or not issuing.is_right(subject, typed, self._settings, tools):
            return Wrong(Code.WRONG_ACTIVATION, _ask(visit))
        return Proved(subject, Proof("activation", frozenset(), tools.now))

    def issue(self, subject: Subject, tools: Tools) -> str:
        """Give a person a new code, which only the answer has. Raises DependencyError."""
        return issuing.issue(subject, self._settings, tools)

    @property
    def minutes(self) -> int:
        """How long a code lives."""
        return self._settings.minutes


def _ask(visit: Visit) -> Ask:
    return Ask("activation", {"username": visit.subject.username} if visit.subject is not None else {})
