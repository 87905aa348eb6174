"""A method whose credential somebody else makes for a person and hands to them: a card, a code on paper.

The administrator's command and the help desk ask; they check who it is, write the audit lines and tell the person. What
is given back holds the secret: it is shown once, to be printed, and kept nowhere.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.plugin.tools import Tools


@dataclass(frozen=True, slots=True)
class Issued:
    """What was made for a person: `number` names it and opens nothing; `sheet` is an HTML document to be printed."""

    number: str
    sheet: Secret


@runtime_checkable
class Issuing(Protocol):
    """A method that can make something for a person, and take it back."""

    def standing(self, subject: Subject, tools: Tools) -> str:
        """Give the number of what the person has; empty where it is nothing. Raises DependencyError."""

    def issue(self, subject: Subject, tools: Tools) -> Issued | None:
        """Make a new one in place of whatever stands (security.md G-07); None where somebody else was first.

        Raises DependencyError.
        """

    def revoke(self, subject: Subject, tools: Tools) -> bool:
        """Take away whatever stands; False where nothing did. Raises DependencyError."""


@runtime_checkable
class CodeIssuing(Protocol):
    """A method that can make a code for a person who has been identified; nothing of it can be seen afterwards."""

    @property
    def minutes(self) -> int:
        """How long a code lives."""

    def issue(self, subject: Subject, tools: Tools) -> str:
        """Give a new code, in place of any before; nobody can read it again. Raises DependencyError."""
