"""Routes a person from method to method until policy is satisfied; counts failures, and alone chooses what is next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError, StatusError
from idp.core.proof import Proof
from idp.core.subject import Subject
from idp.flow.conversation import Conversation
from idp.flow.policy import Aim, Demand, Policy, is_reached, is_walked, why_not
from idp.flow.rules import Person
from idp.flow.session import Session
from idp.flow.step import Advanced, Judged, Page, Reached, Sent, Situation, Step, Stuck
from idp.flow.throttle import Exhausted, Source, Throttle
from idp.flow.trusted import Here
from idp.flow.ways import beginning
from idp.plugin import (
    Announcing,
    Ask,
    Claim,
    Identifying,
    Listener,
    Method,
    Outcome,
    Plugin,
    Proved,
    Refused,
    SendTo,
    Tools,
    Visit,
    Wrong,
)
from idp.plugin.registry import Enabled

TOO_MANY = {"password": Code.TOO_MANY_PASSWORDS}


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand on one request: who is known, what is proved, what is asked for, from where."""

    conversation: Conversation
    demand: Demand
    situation: Situation
    subject: Subject | None
    proofs: tuple[Proof, ...]
    now: datetime


class Engine:
    """One engine serves the whole site and keeps nothing between requests."""

    def __init__(
        self,
        policy: Policy,
        methods: Mapping[str, Enabled],
        throttle: Throttle,
        tools: Callable[[str, datetime], Tools],
        person: Callable[[Subject, datetime], Person],
        report: Callable[[str, BaseException], None],
        listeners: frozenset[Listener] = frozenset(),
    ) -> None:
        self._policy = policy
        self._methods = methods
        self._throttle = throttle
        self._tools = tools
        self._person = person
        self._report = report
        self._listeners = listeners
        self._beginning = beginning(policy.methods, methods)

    def advance(
        self, conversation: Conversation, session: Session | None, demand: Demand, situation: Situation, now: datetime
    ) -> Step:
        """Say what is next: a page, or that all is proved.

        Raises StatusError when the demand cannot be met at all, DependencyError when a part we need is down.
        """
        return self._next(_standing(conversation, session, demand, situation, now))

    def choose(self, conversation: Conversation, method: str) -> Conversation:
        """Note that the person wants another method; whether it may serve is decided by `advance`."""
        if method not in self._methods:
            return conversation
        return replace(conversation, method=method, state=b"", claimed=None)

    def rule(
        self, conversation: Conversation, session: Session | None, demand: Demand, situation: Situation, now: datetime
    ) -> str:
        """Give the name of the rule that decides here and now. Raises as `advance`."""
        return self._aims(_standing(conversation, session, demand, situation, now))[0].rule

    def submit(
        self,
        conversation: Conversation,
        session: Session | None,
        demand: Demand,
        situation: Situation,
        form: Mapping[str, str],
        event: str,
        now: datetime,
    ) -> Judged:
        """Judge what the person sent at the step that is being asked; anything else changes nothing.

        The try is charged first, and given back unless the method says Wrong (design, the plug-in interface).
        """
        standing = _standing(conversation, session, demand, situation, now)
        name = conversation.method
        if not self._is_asked(name, standing):
            return self._next(standing)
        outcome, claim = self._judge(name, standing, form, event)
        if isinstance(outcome, Proved):
            return self._proved(name, standing, outcome)
        # Who is back from there is not sent there again: a method that does so would send for ever.
        if isinstance(outcome, SendTo) and outcome.listener in self._listeners and situation.certificate is None:
            return Sent(replace(conversation, state=outcome.state), outcome.listener)
        step = self._not_proved(name, standing, outcome)
        return step if isinstance(step, Reached) else replace(step, claimed=claim.subject)

    def _not_proved(self, name: str, standing: Standing, outcome: Outcome | Exhausted) -> Step:
        if isinstance(outcome, Exhausted):
            problem = TOO_MANY.get(name, Code.TOO_MANY_CODES)
            return self._again(name, standing, None, problem, outcome.until)
        if isinstance(outcome, Ask):
            kept = replace(standing.conversation, state=outcome.state, claimed=outcome.subject)
            return self._again(name, replace(standing, conversation=kept), outcome, outcome.problem)
        if isinstance(outcome, Wrong):
            kept = replace(standing.conversation, state=outcome.ask.state, claimed=outcome.ask.subject)
            again = self._again(name, replace(standing, conversation=kept), outcome.ask, outcome.code)
            return replace(again, hint=outcome.hint) if isinstance(again, Page) else again
        if isinstance(outcome, SendTo):
            return self._again(name, standing, None, Code.CERTIFICATE_NOT_READY)
        return self._next(standing, without={name: _refusal(outcome)}, attempted=name)

    def _is_asked(self, name: str, standing: Standing) -> bool:
        """Say whether this method is one that the person is being asked for (security.md T-27)."""
        aims = self._aims(standing)
        if standing.subject is not None and any(is_reached(aim, standing.proofs) for aim in aims):
            return False
        return any(name in self._candidates(aim, standing) for aim in aims)

    def _again(
        self, name: str, standing: Standing, ask: Ask | None, problem: Code | None, retry_at: datetime | None = None
    ) -> Step:
        """Show the same method's page once more, with what it answered in place of its first page."""
        asked = self._next(standing, attempted=name)
        if not isinstance(asked, Page) or asked.method != name:
            return asked
        return replace(asked, ask=ask or asked.ask, problem=problem, retry_at=retry_at)

    def _judge(
        self, name: str, standing: Standing, form: Mapping[str, str], event: str
    ) -> tuple[Outcome | Exhausted, Claim]:
        method, tools = self._methods[name].method, self._tools(name, standing.now)
        visit = replace(self._visit(standing), form=form, event=event, state=standing.conversation.state)
        try:
            claim = self._claim(method, visit, standing, tools)
        except DependencyError:
            raise
        except Exception as error:  # noqa: BLE001 - as below
            self._report(name, error)
            return Refused(Code.METHOD_FAILED), Claim("", None)
        source = Source(standing.situation.address, standing.situation.network, standing.situation.browser)
        charge = self._throttle.reserve(name, claim, source, standing.now)
        if isinstance(charge, Exhausted):
            return charge, claim
        outcome: Outcome = Refused(Code.METHOD_FAILED)
        try:
            outcome = method.resume(replace(visit, claim=claim), tools)
        except SealError as error:
            self._report(name, error)
        except DependencyError:
            raise
        except Exception as error:  # noqa: BLE001 - a plug-in is a stranger: whatever it raises is never a proof (T-25)
            self._report(name, error)
        finally:
            if not isinstance(outcome, Wrong):
                self._throttle.refund(charge)
        answered: object = outcome
        if not isinstance(answered, Outcome):
            self._report(name, TypeError(f"resume answered {type(answered).__name__}"))
        return outcome, claim

    def _claim(self, method: Method, visit: Visit, standing: Standing, tools: Tools) -> Claim:
        subject = standing.conversation.claimed or standing.subject
        if subject is not None:
            return Claim(subject.username, subject)
        if isinstance(method, Identifying):
            return method.identify(visit, tools)
        return Claim("", None)

    def _proved(self, name: str, standing: Standing, outcome: Proved) -> Judged:
        honest = _is_honest(self._methods[name].plugin, outcome)
        same = not honest or standing.subject is None or standing.subject.id == outcome.subject.id
        if not honest or not same:
            # A factor of another person finishes nobody's login (security.md T-20).
            self._report(name, ValueError(f"resume proved what it cannot: {outcome.proof}, another person: {not same}"))
            return self._next(standing, without={name: Refused(Code.METHOD_FAILED)}, attempted=name)
        kept = tuple(proof for proof in standing.conversation.proofs if proof.method != name)
        conversation = replace(
            standing.conversation,
            subject=outcome.subject,
            proofs=(*kept, outcome.proof),
            method="",
            state=b"",
            claimed=None,
        )
        others = tuple(proof for proof in standing.proofs if proof.method != name)
        now = replace(standing, conversation=conversation, subject=outcome.subject, proofs=(*others, outcome.proof))
        aims = self._aims(now)
        # Who is next is noted at once, so that showing the page writes nothing more.
        candidates = self._candidates(aims[0], now)
        return self._reached(now, aims) or Advanced(replace(conversation, method=candidates[0] if candidates else ""))

    def _next(self, standing: Standing, without: Mapping[str, Refused] | None = None, attempted: str = "") -> Step:
        spent: dict[str, Refused | None] = dict(without or {})
        aims = self._aims(standing)
        reached = self._reached(standing, aims)
        if reached is not None:
            return reached
        if standing.demand.passive:
            raise StatusError(Code.NO_PASSIVE, "Responder", "NoPassive", rule=aims[0].rule)
        for aim in aims:
            page = self._page(aim, standing, spent, attempted)
            if page is not None:
                return page
        refusal = next((each for each in spent.values() if each is not None), None)
        code = refusal.code if refusal else why_not(aims, standing.proofs)
        values = tuple(refusal.values.items()) if refusal else ()
        requested = aims[0].context is not None
        return Stuck(standing.conversation, code, attempted, values, requested, rule=aims[0].rule)

    def _reached(self, standing: Standing, aims: Sequence[Aim]) -> Reached | None:
        for aim in aims:
            if standing.subject is not None and is_reached(aim, standing.proofs):
                reused = not standing.conversation.proofs
                return Reached(standing.conversation, standing.subject, standing.proofs, aim, reused)
        return None

    def _aims(self, standing: Standing) -> tuple[Aim, ...]:
        person = self._person(standing.subject, standing.now) if standing.subject is not None else None
        try:
            situation = standing.situation
            here = Here(standing.subject, situation.browser, situation.trust) if standing.subject else None
            return self._policy.aims(standing.demand, situation.network, person, standing.now, here)
        except StatusError as error:
            error.subject = standing.subject
            raise

    def _page(self, aim: Aim, standing: Standing, spent: dict[str, Refused | None], attempted: str) -> Page | None:
        """Give the page of the first method that has something to ask; those that have not are spent."""
        candidates = self._candidates(aim, standing)
        chosen = standing.conversation.method
        for name in sorted(candidates, key=lambda each: each != chosen):
            if name in spent:
                continue
            outcome = self._begin(name, standing)
            if not isinstance(outcome, Ask):
                if not isinstance(outcome, Outcome) or isinstance(outcome, Proved | Wrong):
                    self._report(name, TypeError(f"begin answered {type(outcome).__name__}"))
                spent[name] = _refusal(outcome) if isinstance(outcome, Refused | SendTo) else None
                continue
            refusal = next((each for each in spent.values() if each is not None), None)
            conversation = standing.conversation
            if conversation.method != name or conversation.state != outcome.state:
                conversation = replace(conversation, method=name, state=outcome.state, claimed=outcome.subject)
            alternatives = tuple(each for each in candidates if each != name and spent.get(each, 0) == 0)
            problem = outcome.problem or (refusal.code if refusal else None)
            page = Page(conversation, name, outcome, problem, None, alternatives, attempted)
            begins, two = not standing.proofs, aim.wants_more_than_one
            may_trust = aim.remembered and not begins
            return replace(page, two_factors=two, begins=begins, may_trust=may_trust, rule=aim.rule)
        return None

    def _begin(self, name: str, standing: Standing) -> Outcome:
        method, visit = self._methods[name].method, self._visit_again(name, standing)
        begin = method.announce if isinstance(method, Announcing) and not visit.state else method.begin
        try:
            return begin(visit, self._tools(name, standing.now))
        except DependencyError:
            raise
        except Exception as error:  # noqa: BLE001 - as in _judge: a failing plug-in is refused, never passed
            self._report(name, error)
            return Refused(Code.METHOD_FAILED)

    def _visit_again(self, name: str, standing: Standing) -> Visit:
        """Tell a method that is being asked already what it kept, so that a page seen again is the same page."""
        visit, conversation = self._visit(standing), standing.conversation
        if conversation.method != name:
            return visit
        claimed = conversation.claimed
        claim = Claim(claimed.username, claimed) if claimed is not None else None
        return replace(visit, state=conversation.state, claim=claim)

    def _candidates(self, aim: Aim, standing: Standing) -> list[str]:
        """Give the methods that would bring the person nearer to the aim, in the configured order."""
        if standing.subject is None or not standing.proofs:
            return [name for name in self._beginning if not aim.ways or any(name in way for way in aim.ways)]
        proved = {proof.method for proof in standing.proofs}
        if aim.ways and not is_walked(aim.ways, standing.proofs):
            return _next_on_ways(aim.ways, proved)
        if aim.context is not None and aim.context.methods:
            missing = [name for name in self._policy.methods if name in aim.context.methods and name not in proved]
            if missing:
                return self._as_offered(missing)
        kinds = {factor for proof in standing.proofs for factor in proof.factors}
        return self._as_offered(
            name
            for name in self._policy.methods
            if name not in proved and not self._methods[name].plugin.factors <= kinds
        )

    def _as_offered(self, names: Iterable[str]) -> list[str]:
        """Put what is a last resort behind all others: nobody is asked for it first."""
        return sorted(names, key=lambda name: self._methods[name].plugin.last_resort)

    def _visit(self, standing: Standing) -> Visit:
        return Visit(
            purpose=standing.demand.action,
            subject=standing.subject,
            network=standing.situation.network,
            language=standing.situation.language,
            browser=standing.situation.browser,
            certificate=standing.situation.certificate,
            force=standing.demand.force,
            may_ask=not standing.demand.passive,
        )


def _standing(
    conversation: Conversation, session: Session | None, demand: Demand, situation: Situation, now: datetime
) -> Standing:
    """Join what this conversation proved with what the session remembers of the same person.

    With ForceAuthn only proofs given since the request came in count (SAML Core 3.4.1, IIP-IDP06).
    """
    subject, proofs = conversation.subject, conversation.proofs
    if session is not None and not demand.force and (subject is None or subject.id == session.subject.id):
        subject = subject or session.subject
        fresh = {proof.method for proof in proofs}
        proofs = tuple(proof for proof in session.proofs if proof.method not in fresh) + proofs
    return Standing(conversation, demand, situation, subject, proofs, now)


def _next_on_ways(ways: Sequence[Sequence[str]], proved: set[str]) -> list[str]:
    """Give the next method of each way, that of the way that is walked furthest first; each way keeps its order.

    Whoever has not proved what stands before a method is not asked for it: it may send mail, or count.
    """
    furthest = sorted(ways, key=lambda way: -len(proved.intersection(way)))
    return list(dict.fromkeys(next(name for name in way if name not in proved) for way in furthest))


def _is_honest(plugin: Plugin, outcome: Proved) -> bool:
    """Say whether a method proved somebody, by itself, with factors that it has."""
    subject: object = outcome.subject
    proof: object = outcome.proof
    if not isinstance(subject, Subject) or not isinstance(proof, Proof) or not isinstance(proof.factors, frozenset):
        return False
    is_within = proof.factors <= plugin.factors and bool(proof.factors) == bool(plugin.factors)
    return proof.method == plugin.name and is_within


def _refusal(outcome: Outcome) -> Refused:
    return outcome if isinstance(outcome, Refused) else Refused(Code.METHOD_FAILED)
