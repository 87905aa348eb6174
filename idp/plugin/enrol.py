"""A method that a person can register by themselves: what is registered, a new offer, its trial, its keeping.

The flow asks in this order: `registered` (which decides the rule: register, replace or reset), `offer`, `confirm`, and
`enrol` or `withdraw`. It routes, charges wrong tries, applies policy again, tells the person and the audit log; the
method owns its page and its judgement. Nothing but `enrol` and `withdraw` changes what is registered.

A method of which a person may have several at once is `Several`: then `add` keeps one beside those that stand, by the
rule of replacing; `enrol` is for the first, and for one in place of another.

The page of an offer is `<plugin>/<page>.html`. It is given, beside the values of the Ask, `registered_since` (a moment
written out, empty where nothing is registered), `standing_count` (how many are registered), `most` and `is_several`.
Its buttons are `_eventId_register` and `_eventId_reset`. The words `<plugin>.name` say what is registered, e.g.
"One-time password app".
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from idp.core.proof import Binding
from idp.core.subject import Subject
from idp.plugin.outcome import Ask, Refused, Wrong
from idp.plugin.tools import Tools
from idp.plugin.visit import Visit

LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered for a person: its id, since when (None where nobody knows), how it was bound.

    `label` is what the person calls it, empty where they said nothing; `used` is when it was last accepted, None for
    never or where nobody knows; `left` is how often it can be used still, None for what does not wear out.
    """

    id: str
    since: datetime | None
    binding: Binding
    label: str = ""
    used: datetime | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A text that the person keeps as a file of this name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The person has shown that what was offered works; `state` is all that `enrol` needs of it."""

    state: bytes


Trial = Ask | Wrong | Refused | Confirmed


@runtime_checkable
class Enrollable(Protocol):
    """A method that can be registered by the person whose it will be."""

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
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

        Without `former` nothing may be registered. False when something else is by now, and nothing was changed.
        Raises DependencyError.
        """

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take away what is registered; False when it is not `former`. Raises DependencyError."""


@runtime_checkable
class Several(Enrollable, Protocol):
    """An enrollable method of which a person may have more than one at a time, each with a name they give it."""

    @property
    def most(self) -> int:
        """How many may stand; with 1 the method is treated as if it were not Several."""

    def add(
        self, subject: Subject, confirmed: Confirmed, beside: tuple[Registered, ...], binding: Binding, tools: Tools
    ) -> bool:
        """Register what was confirmed beside those that stand, of which there is at least one.

        False when others stand by now or there is no room, and nothing was changed. Raises DependencyError.
        """

    def rename(self, subject: Subject, former: Registered, label: str, tools: Tools) -> bool:
        """Call it by another name, which `read_label` has read; False when it is not there as it was."""


@runtime_checkable
class Downloadable(Enrollable, Protocol):
    """An enrollable method whose offer can be kept as a file; the button of its page is `_eventId_download`."""

    def download(self, visit: Visit, tools: Tools) -> Download | Refused:
        """Give what `visit.state` holds as a file. Changes nothing."""


@runtime_checkable
class OfferedAfter(Enrollable, Protocol):
    """An enrollable method that is offered once another was registered; its page has a button `_eventId_decline`.

    It is offered to who has nothing of it, in the same conversation, where the rules let them register it by what they
    have proved there. Its page is given `may_decline`, and `done` and `done_method` for `parts/done.html`.
    """

    def offered_after(self, method: str) -> bool:
        """Say whether it is offered after this method."""


def read_label(typed: str) -> str:
    """Give what a person calls something, as it may be shown: one line, without what does not print or turns text."""
    text = "".join(char for char in unicodedata.normalize("NFC", typed[:256]) if char.isprintable() or char.isspace())
    return " ".join(text.split())[:LONGEST_LABEL].strip()
