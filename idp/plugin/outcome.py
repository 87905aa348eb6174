"""What a method may answer; the engine alone decides what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idp.core.codes import Code
from idp.core.proof import Proof
from idp.core.subject import Subject


class Listener(StrEnum):
    """The addresses a browser may be sent to."""

    MAIN = "main"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Ask:
    """Show a page of the plug-in's own and come back with its form.

    `page` names the template `<plugin>/<page>.html` and the `data-page` of the contract; `values` are what the
    template reads; `problem` is shown on top with its code; `state` is kept in the store until `resume`; `subject` is
    who this method has found so far, given back as the `claim` of the next visit without being asked again.
    `fresh` are values that no second page has, e.g. a challenge; a template puts them out as they are.
    """

    page: str
    values: Mapping[str, str] = field(default_factory=dict)
    problem: Code | None = None
    state: bytes = b""
    subject: Subject | None = None
    fresh: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendTo:
    """Send the browser to another listener of ours with a one-use ticket; an answer of `resume` alone.

    `state` is kept until the browser is back and `resume` is asked again, with what that listener saw.
    """

    listener: Listener
    state: bytes = b""


@dataclass(frozen=True, slots=True)
class Proved:
    """The person was there: who, and what was proved."""

    subject: Subject
    proof: Proof


@dataclass(frozen=True, slots=True)
class Hint:
    """What the help desk alone may know of what was wrong: no page of a login shows it (security.md T-11).

    The words `<plugin>.told.<name>` say it, with `values` in their places.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was given is not right; this, and only this, counts against the budgets. `ask` is shown again."""

    code: Code
    ask: Ask
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """This person cannot use this method now; another method may still serve."""

    code: Code
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """This method has nothing to ask this person; the next one is tried. Never counts as a proof."""


Outcome = Ask | SendTo | Proved | Wrong | Refused | Skipped
