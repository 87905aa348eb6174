"""A method that a person can register by themselves: what is registered, a new offer, its trial, its keeping.

The flow asks in this order: `registered` (which decides the rule: register, replace or reset), `offer`, `confirm`, and
`enrol` or `withdraw`. It routes, charges wrong tries, applies policy again, tells the person and the audit log; the
method owns its page and its judgement. Nothing but `enrol` and `withdraw` changes what is registered.

The page of an offer is `<plugin>/<page>.html`. It is given, beside the values of the Ask, `registered_since` (a moment
written out, empty where nothing is registered). Its buttons are `_eventId_register` and `_eventId_reset`. The words
`<plugin>.name` say what is registered, e.g. "One-time password app".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from idp.core.proof import Binding
from idp.core.subject import Subject
from idp.plugin.outcome import Ask, Refused, Wrong
from idp.plugin.tools import Tools
from idp.plugin.visit import Visit


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered for a person: its id, since when (None where nobody knows), how it was bound."""

    id: str
    since: datetime | None
    binding: Binding


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The person has shown that what was offered works; `state` is all that `enrol` needs of it."""

    state: bytes


Trial = Ask | Wrong | Refused | Confirmed


@runtime_checkable
class Enrollable(Protocol):
    """A method that can be registered by the person whose it will be."""

    def registered(self, subject: Subject, tools: Tools) -> Registered | None:
        """Say what is registered, read where it is written. Raises DependencyError, SealError."""

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Offer something new, or with `visit.state` the same once more. Changes nothing.

        `Ask.state` holds what is secret of it. The flow keeps it sealed for this person and this conversation, for
        ten minutes, and gives it back as `visit.state`; no client ever has it but as the page shows it.
        """

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Judge the person's form against `visit.state`. Changes nothing; Wrong alone is counted."""

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Register what was confirmed in place of `former`, in one compare-and-swap; what was used once stays used.

        False when something else is registered by now, and nothing was changed. Raises DependencyError.
        """

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take away what is registered; False when it is not `former`. Raises DependencyError."""
