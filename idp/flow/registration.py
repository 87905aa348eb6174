"""Registering a method: what is offered is kept sealed, and what was proved decides how it is bound (design 14)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from idp.core.codes import Code
from idp.core.errors import AuthnError, DependencyError, SealError
from idp.core.network import OUTSIDE
from idp.core.proof import Binding, Proof
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.flow.conversation import Held
from idp.flow.errand import Errand
from idp.flow.policy import two_kinds
from idp.flow.step import Situation
from idp.flow.throttle import Exhausted, Source, Throttle
from idp.flow.trusted import forget_trusted
from idp.plugin import (
    Ask,
    Claim,
    Confirmed,
    Download,
    Downloadable,
    Enrollable,
    OfferedAfter,
    Purpose,
    Refused,
    Registered,
    Several,
    Tools,
    Trial,
    Visit,
    Wrong,
)
from idp.plugin.registry import Enabled
from idp.seal import Sealer
from idp.store import Store

OFFER_LIFETIME = timedelta(minutes=10)
"""How long what was offered can be confirmed (security.md T-35)."""
RESET_REMEMBERED = timedelta(days=400)
"""How long it is known that somebody took their own app away with nothing but a password."""
RESET = "reset-by-password"

Answer = TypeVar("Answer")


class MethodFailedError(DependencyError):
    """A method that raises, or answers what is no answer: nothing was done, and it is nobody's fault before it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer on its page, and the errand that keeps it."""

    errand: Errand
    ask: Ask


class Registrations:
    """The methods that people register themselves. Nothing is kept here between requests."""

    def __init__(
        self,
        methods: Mapping[str, Enabled],
        throttle: Throttle,
        sealer: Sealer,
        store: Store,
        tools: Callable[[str, datetime], Tools],
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._binds = {name: each.plugin.binds for name, each in methods.items()}
        self._methods: dict[str, Enrollable] = {
            name: each.method for name, each in methods.items() if isinstance(each.method, Enrollable)
        }
        self._throttle = throttle
        self._sealer = sealer
        self._store = store
        self._tools = tools
        self._report = report

    @property
    def names(self) -> tuple[str, ...]:
        """The methods that can be registered, in the configured order."""
        return tuple(self._methods)

    def offered_after(self, done: str) -> tuple[str, ...]:
        """Give the methods that are offered once another was registered."""
        methods = self._methods.items()
        return tuple(name for name, each in methods if isinstance(each, OfferedAfter) and each.offered_after(done))

    def most(self, name: str) -> int:
        """Say how many of a method a person may have at a time."""
        method = self._methods[name]
        return max(method.most, 1) if isinstance(method, Several) else 1

    def registered(self, name: str, subject: Subject, now: datetime) -> tuple[Registered, ...]:
        """Say what is registered. Raises DependencyError, SealError."""
        tools = self._tools(name, now)
        return self._ask(name, (tuple,), lambda method: _checked(method.registered(subject, tools)))

    def actions(self, errand: Errand) -> tuple[Purpose, ...]:
        """Give what an errand may come to, whoever the person is."""
        return (Purpose.REGISTER, Purpose.RESET if errand.purpose is Purpose.RESET else Purpose.REPLACE)

    def action(self, errand: Errand, standing: Sequence[Registered]) -> Purpose:
        """Say what it comes to, and so which rules hold: a first registration, a replacement, or a reset.

        A further one beside those that stand is held to the rule of replacing: else a password would be enough for it.
        """
        register, other = self.actions(errand)
        return other if standing else register

    def meant(self, errand: Errand, standing: Sequence[Registered]) -> Registered | None:
        """Give the one that is to be replaced, taken away or renamed; None where none is named of several.

        Where one may stand it is that one, and to take away the only one it need not be named. None, too, where the
        one that is named is gone.
        """
        if errand.credential:
            return next((each for each in standing if each.id == errand.credential), None)
        is_only = len(standing) == 1 and errand.purpose is Purpose.RESET
        return standing[0] if standing and (is_only or self.most(errand.method) == 1) else None

    def offer(self, held: Held, errand: Errand, subject: Subject, situation: Situation, now: datetime) -> Offered:
        """Give what is offered in this conversation, anew where nothing is or the last offer is too old.

        Raises AuthnError where the method has nothing to offer.
        """
        state = self.opened(held, errand, subject, now) or b""
        visit = replace(_visit(errand.purpose, subject, situation), state=state)
        tools = self._tools(errand.method, now)
        ask = self._ask(errand.method, (Ask, Refused), lambda method: method.offer(visit, tools))
        if isinstance(ask, Refused):
            raise AuthnError(ask.code, f"{errand.method} has nothing to offer")
        if ask.state == state:
            return Offered(errand, ask)
        return Offered(replace(errand, offer=self._closed(held, errand, subject, ask.state, now)), ask)

    def download(
        self, held: Held, errand: Errand, subject: Subject, situation: Situation, now: datetime
    ) -> Download | Refused:
        """Give what was offered as a file. Raises DependencyError."""
        state = self.opened(held, errand, subject, now)
        if state is None:
            return Refused(Code.OFFER_EXPIRED)
        visit = replace(_visit(errand.purpose, subject, situation), state=state)
        tools = self._tools(errand.method, now)
        return self._ask(
            errand.method, (Download, Refused), lambda method: _downloadable(method).download(visit, tools)
        )

    def confirm(
        self,
        held: Held,
        errand: Errand,
        subject: Subject,
        form: Mapping[str, str],
        situation: Situation,
        now: datetime,
    ) -> Trial | Exhausted:
        """Have the form judged; a wrong one is counted as a wrong try of the method (security.md T-05)."""
        state = self.opened(held, errand, subject, now)
        if state is None:
            return Refused(Code.OFFER_EXPIRED)
        source = Source(situation.address, situation.network, situation.browser)
        charge = self._throttle.reserve(errand.method, Claim(subject.username, subject), source, now)
        if isinstance(charge, Exhausted):
            return charge
        trial: Trial = Refused(Code.METHOD_FAILED)
        visit = replace(_visit(errand.purpose, subject, situation), form=form, state=state)
        try:
            tools = self._tools(errand.method, now)
            trial = self._ask(
                errand.method, (Ask, Wrong, Refused, Confirmed), lambda method: method.confirm(visit, tools)
            )
        except MethodFailedError:
            return Refused(Code.METHOD_FAILED)
        finally:
            if not isinstance(trial, Wrong):
                self._throttle.refund(charge)
        return trial

    def binding(self, name: str, action: Purpose, subject: Subject, proofs: Sequence[Proof], network: str) -> Binding:
        """Say how what is registered now is bound: by a factor, as the way bound it, on campus, or by password alone.

        A factor that was itself bound by the password alone makes nothing stronger; neither does a reset, nor a method
        that says how it binds.
        """
        bound = [each for proof in proofs if (each := self._binds.get(proof.method)) is not None]
        others = [proof for proof in proofs if self._binds.get(proof.method) is None]
        if two_kinds([proof for proof in others if proof.binding is not Binding.CAMPUS_REPLACED]):
            return Binding.FACTOR
        if bound:
            return bound[0]
        if action is Purpose.REGISTER and network != OUTSIDE and not self._was_reset(name, subject):
            return Binding.CAMPUS_FIRST
        return Binding.CAMPUS_REPLACED

    def enrol(
        self,
        name: str,
        subject: Subject,
        confirmed: Confirmed,
        former: Registered | None,
        binding: Binding,
        now: datetime,
    ) -> bool:
        """Register what was confirmed instead of `former`; False when somebody else was first.

        Browsers that were trusted with the former one are trusted no more.
        """
        if former is not None:
            forget_trusted(self._store, subject.id)
        tools = self._tools(name, now)
        return self._ask(name, (bool,), lambda method: method.enrol(subject, confirmed, former, binding, tools))

    def add(
        self,
        name: str,
        subject: Subject,
        confirmed: Confirmed,
        beside: tuple[Registered, ...],
        binding: Binding,
        now: datetime,
    ) -> bool:
        """Register what was confirmed beside what stands; False when others were first."""
        tools = self._tools(name, now)
        return self._ask(name, (bool,), lambda method: _several(method).add(subject, confirmed, beside, binding, tools))

    def rename(self, name: str, subject: Subject, former: Registered, label: str, now: datetime) -> bool:
        """Call one of several by another name; False when it is not there as it was."""
        tools = self._tools(name, now)
        return self._ask(name, (bool,), lambda method: _several(method).rename(subject, former, label, tools))

    def withdraw(self, name: str, subject: Subject, former: Registered, binding: Binding, now: datetime) -> bool:
        """Take away what is registered; False when something else is by now.

        Done with nothing but the password it is remembered first: what follows is no first registration. Browsers that
        were trusted with it are trusted no more.
        """
        forget_trusted(self._store, subject.id)
        if binding is Binding.CAMPUS_REPLACED:
            self._store.put(RESET, _of(name, subject), b"1", now + RESET_REMEMBERED, person=subject.id)
        tools = self._tools(name, now)
        return self._ask(name, (bool,), lambda method: method.withdraw(subject, former, tools))

    def forgive(self, name: str, subject: Subject) -> None:
        """Forget that a person took their own app away: an administrator knows who it is.

        Whatever led an administrator here, the browsers that the person trusted are trusted no more.
        """
        forget_trusted(self._store, subject.id)
        self._store.remove(RESET, _of(name, subject))

    def _ask(self, name: str, kinds: tuple[type[Any], ...], work: Callable[[Enrollable], Answer]) -> Answer:
        """Have a method answer. A plug-in is a stranger: what it raises and what it should not say is a failure (T-25).

        Raises DependencyError, SealError; MethodFailedError, which is reported.
        """
        try:
            answer = work(self._methods[name])
        except (DependencyError, SealError):
            raise
        except Exception as error:
            self._report(name, error)
            raise MethodFailedError(Code.METHOD_FAILED, f"{name}: {type(error).__name__}") from error
        if not isinstance(answer, kinds):
            self._report(name, TypeError(f"answered {type(answer).__name__}"))
            raise MethodFailedError(Code.METHOD_FAILED, f"{name}: answered {type(answer).__name__}")
        return answer

    def opened(self, held: Held, errand: Errand, subject: Subject, now: datetime) -> bytes | None:
        """Give what was offered to this person in this conversation, None where nothing is or it is too old."""
        if not errand.offer:
            return None
        opened = self._sealer.unseal(errand.offer, subject.id, f"offer:{errand.method}")
        if opened.facts.get("conversation") != held.handle:
            raise SealError(Code.SEAL_BROKEN, "an offer of another conversation")
        return opened.secret.reveal() if now < datetime.fromisoformat(opened.facts["until"]) else None

    def _closed(self, held: Held, errand: Errand, subject: Subject, state: bytes, now: datetime) -> bytes:
        facts = {"conversation": held.handle, "until": (now + OFFER_LIFETIME).astimezone(UTC).isoformat()}
        return self._sealer.seal(Secret(state), subject.id, f"offer:{errand.method}", facts)

    def _was_reset(self, name: str, subject: Subject) -> bool:
        return self._store.get(RESET, _of(name, subject)) is not None


def _visit(purpose: Purpose, subject: Subject, situation: Situation) -> Visit:
    return Visit(purpose, subject, situation.network, situation.language, situation.browser)


def _checked(found: tuple[Registered, ...]) -> tuple[Registered, ...]:
    if not (isinstance(found, tuple) and all(isinstance(each, Registered) for each in found)):
        raise TypeError("answered something else than what is registered")
    return found


def _several(method: Enrollable) -> Several:
    if not isinstance(method, Several):
        raise TypeError("only one may stand")
    return method


def _downloadable(method: Enrollable) -> Downloadable:
    if not isinstance(method, Downloadable):
        raise TypeError("its offer is no file")
    return method


def _of(name: str, subject: Subject) -> str:
    return f"{name}:{subject.id}"
