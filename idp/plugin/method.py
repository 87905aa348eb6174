"""What a plug-in is: a descriptor, a method, and the abilities it may add."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from idp.core.errors import Problem
from idp.core.proof import Binding, Factor
from idp.core.subject import Subject
from idp.plugin.outcome import Outcome
from idp.plugin.tools import CredentialKind, Tools
from idp.plugin.visit import Claim, Visit
from idp.settings.base import Settings

API = 1
"""The version of this interface; a plug-in made for another is refused at start."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries in so long a time."""

    tries: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """How many wrong tries a method stands, by person and by address (security.md T-05, W-11).

    With `lanes`, tries from a named network or from a browser the person has used before are counted apart from
    strangers', so that a stranger cannot lock the person out. `shared_with` names a method out of whose budget tries
    are taken, so that who may guess at several methods has no more guesses for it (security.md G-02); the numbers here
    hold where that method is not enabled.
    """

    person: tuple[Limit, ...]
    address: tuple[Limit, ...]
    lanes: bool = False
    shared_with: str = ""


class Method(Protocol):
    """One way to prove who one is. Steps never call one another: a method answers, the engine routes."""

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Start, or show the page again after a reload: usually an Ask. Must not change anything.

        On a page shown again `visit.state` and `visit.claim` are what the method's last Ask kept.
        """

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge what the person sent. Raises DependencyError when it cannot: never a proof."""


@runtime_checkable
class Identifying(Protocol):
    """A method that learns who the person is from its own form, and so may begin a login."""

    def identify(self, visit: Visit, tools: Tools) -> Claim:
        """Say who the form names, so that the try can be charged before it is judged. Proves nothing."""


@runtime_checkable
class Announcing(Protocol):
    """A method that does something once when its page is first shown at a step, as sending a code."""

    def announce(self, visit: Visit, tools: Tools) -> Outcome:
        """Do it and answer as `begin` would; asked in its place while `visit.state` is empty, so keep a state.

        Nobody is asked whether it was done who only wants to know what could be: `begin` answers that.
        """


@runtime_checkable
class Checkable(Protocol):
    """A method that can say at start what is wrong with its surroundings."""

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Give everything wrong; an empty sequence when all is well."""


@runtime_checkable
class Reading(Protocol):
    """A method that asks `People.attributes` for something; it is read with the rest of the entry."""

    @property
    def reads(self) -> Sequence[str]:
        """Give the names of the attributes."""


@runtime_checkable
class Stoppable(Protocol):
    """A method that stops by itself, for a person, after too many wrong tries, until somebody lets it go on."""

    def is_stopped(self, subject: Subject, tools: Tools) -> bool:
        """Say whether it has stopped for this person. Raises DependencyError, SealError."""

    def let_go_on(self, subject: Subject, tools: Tools) -> None:
        """Forget the wrong tries that stopped it; nothing where there are none. Raises DependencyError, SealError."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """The object `PLUGIN` of a plug-in's package, found by the entry-point group `idp.plugins`.

    `package` holds templates/<name>/, static/<name>/ and words/; `make` builds the method from its checked settings;
    `budget` is None for what cannot be guessed; `commands` are command-line groups (Commanding). `binds` is how a
    registration is bound that this method let through, None where its factors say so. Without `factors` a method is a
    confirmation: it serves the ways that name it, and makes nothing two factors. A `last_resort` is offered after all
    others, wherever it stands in `login.methods`. `kinds` are its credentials: so that what is done for all of them, as
    sealing them with a new key, leaves none out.
    """

    name: str
    package: str
    factors: frozenset[Factor]
    settings: type[Settings]
    make: Callable[[Any], Method]
    budget: Budget | None
    api: int = API
    commands: Callable[[], Any] | None = None
    binds: Binding | None = None
    last_resort: bool = False
    kinds: tuple[CredentialKind, ...] = ()
