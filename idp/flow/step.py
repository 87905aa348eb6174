"""What the engine answers: a page to show, a demand that is met, or the end of the way."""

from dataclasses import dataclass
from datetime import datetime

from idp.core.codes import Code
from idp.core.network import Address
from idp.core.proof import Proof
from idp.core.subject import Subject
from idp.flow.conversation import Conversation
from idp.flow.policy import Aim
from idp.plugin import Ask, CertificateEvidence, Hint, Listener


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the person is: address (None when it cannot be read), the network's name, browser id and language.

    `certificate` is what the certificate listener saw of this browser, when it has just come back from there; `trust`
    the id that the browser kept when somebody trusted it.
    """

    address: Address | None
    network: str
    browser: str
    language: str
    certificate: CertificateEvidence | None = None
    trust: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a method to show; `alternatives` are the other methods that would serve as well.

    `attempted` is the method whose judgement led here, empty for a first look; `claimed` whom the form named;
    `two_factors` says whether the way has two steps, `begins` whether this is the first of them; `may_trust` whether
    the person may trust this browser with it; `rule` is the name of the row that decided; `hint` is for the help desk
    alone.
    """

    conversation: Conversation
    method: str
    ask: Ask
    problem: Code | None = None
    retry_at: datetime | None = None
    alternatives: tuple[str, ...] = ()
    attempted: str = ""
    claimed: Subject | None = None
    two_factors: bool = False
    begins: bool = False
    may_trust: bool = False
    rule: str = ""
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """One more proof was given and more is wanted; what that is, `Engine.advance` says at the next look."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Reached:
    """The demand is met: by whom, with which proofs, for which aim; `fresh` are the proofs of this conversation."""

    conversation: Conversation
    subject: Subject
    proofs: tuple[Proof, ...]
    aim: Aim
    reused: bool


@dataclass(frozen=True, slots=True)
class Stuck:
    """No method is left that could serve this person; `code` says why, `values` are for the page, `rule` decided."""

    conversation: Conversation
    code: Code
    attempted: str
    values: tuple[tuple[str, str], ...] = ()
    context_requested: bool = False
    claimed: Subject | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The browser is to go to another listener of ours, and comes back to the same step."""

    conversation: Conversation
    listener: Listener


Step = Page | Reached | Stuck
Judged = Step | Advanced | Sent
