"""What must be proved here, for this service provider, and what proofs are worth; no other place decides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.core.proof import Proof
from idp.federation.service_provider import ServiceProvider
from idp.flow.rules import Case, Person, Weighed, decide, last_day, weigh
from idp.flow.trusted import Here, Trusts
from idp.plugin import Purpose
from idp.settings.model import AuthnContext, Login, Rule
from idp.settings.model import ServiceProvider as ServiceProviderSettings


@dataclass(frozen=True, slots=True)
class Demand:
    """What a verified request asks for, or what the person wants of us without a service provider.

    `class_refs` with `comparison` ("exact", "minimum", "maximum", "better") are the RequestedAuthnContext; `since` is
    when the request came in, which fresh proofs must not be older than when `force` is set (SAML Core 3.4.1).
    """

    service_provider: ServiceProvider | None
    comparison: str
    class_refs: tuple[str, ...]
    force: bool
    passive: bool
    since: datetime
    action: Purpose = Purpose.LOGIN

    @property
    def entity_id(self) -> str:
        """The service provider's entityID, empty where there is none."""
        return self.service_provider.entity_id if self.service_provider is not None else ""


def own_demand(action: Purpose, since: datetime) -> Demand:
    """Give the demand of what a person does here without a service provider: no class is asked for."""
    return Demand(None, "exact", (), force=False, passive=False, since=since, action=action)


@dataclass(frozen=True, slots=True)
class Aim:
    """One way to meet a demand: a class to reach (None where the truth will do), and whether two factors must be.

    Where there are `ways`, the methods of one of them have all to be proved.
    `grace_until` is the last day on which the rule lets this person in by a grace; None where it is none.
    `remembered` says that a browser which the person trusts would spare them the second factor, `spared` that it does.
    """

    context: AuthnContext | None
    two_factors: bool
    rule: str
    grace_until: date | None = None
    ways: tuple[tuple[str, ...], ...] = ()
    remembered: bool = False
    spared: bool = False

    @property
    def wants_more_than_one(self) -> bool:
        """Say whether more than one method is needed for it."""
        by_class = self.context is not None and self.context.wants_more_than_one
        return self.two_factors or by_class or any(len(way) > 1 for way in self.ways)


def two_kinds(proofs: Sequence[Proof]) -> bool:
    """Say whether proofs of two different kinds of factor are there (REFEDS MFA: two passwords never)."""
    return len({factor for proof in proofs for factor in proof.factors}) > 1


def counting(context: AuthnContext, proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """Give the proofs that a class is about: those of its methods, or all where it names none."""
    return tuple(proof for proof in proofs if not context.methods or proof.method in context.methods)


def satisfies(context: AuthnContext, proofs: Sequence[Proof]) -> bool:
    """Say whether these proofs are what the class means; a credential whose binding does not count proves nothing."""
    counting = [
        proof
        for proof in proofs
        if context.bindings is None or proof.binding is None or proof.binding in context.bindings
    ]
    if context.two_factors and not two_kinds(counting):
        return False
    return set(context.methods) <= {proof.method for proof in counting}


def is_walked(ways: Sequence[Sequence[str]], proofs: Sequence[Proof]) -> bool:
    """Say whether the methods of one way are all proved."""
    proved = {proof.method for proof in proofs}
    return any(proved.issuperset(way) for way in ways)


def is_reached(aim: Aim, proofs: Sequence[Proof]) -> bool:
    """Say whether these proofs meet the aim; no proof at all meets none."""
    if not any(proof.factors for proof in proofs) or (aim.two_factors and not two_kinds(proofs)):
        return False
    if aim.ways and not is_walked(aim.ways, proofs):
        return False
    return aim.context is None or satisfies(aim.context, proofs)


def why_not(aims: Sequence[Aim], proofs: Sequence[Proof]) -> Code:
    """Say why proofs meet none of the aims: something that was proved does not count as it was bound, or is missing."""
    wanted = [aim.context.bindings for aim in aims if aim.context is not None and aim.context.bindings is not None]
    weak = any(proof.binding is not None and proof.binding not in each for each in wanted for proof in proofs)
    return Code.BINDING_TOO_WEAK if weak else Code.NO_METHOD_LEFT


def _may_be_spared(context: AuthnContext) -> bool:
    """Say whether a trusted browser could spare the second factor: never where the class itself wants it."""
    return not context.wants_more_than_one


class Policy:
    """The tables of the configuration, asked; days are those of `time_zone`."""

    def __init__(
        self,
        login: Login,
        service_providers: Sequence[ServiceProviderSettings],
        time_zone: str = "UTC",
        trusts: Trusts | None = None,
    ) -> None:
        self._trusts = trusts
        self._login = login
        self._zone = ZoneInfo(time_zone)
        self._contexts = login.authn_contexts
        self._order = {context.uri: position for position, context in enumerate(login.authn_contexts)}
        self.remembers = any(row.remembered for row in login.rules)
        self.reads_groups = any(row.groups for row in login.rules)
        self.graces = frozenset(row.grace.since for row in login.rules if row.grace is not None)
        self._defaults = {row.entity_id: row.authn_contexts for row in service_providers}

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order they are offered."""
        return self._login.methods

    def day(self, moment: datetime) -> date:
        """Give the day that a moment falls on here."""
        return moment.astimezone(self._zone).date()

    def aims(
        self,
        demand: Demand,
        network: str,
        person: Person | None,
        now: datetime,
        here: Here | None = None,
    ) -> tuple[Aim, ...]:
        """Give the ways to meet a demand, the preferred one first; `person` is None while nobody is known.

        `here` is the browser before us: whether they trust it is asked where a rule has a use for the answer.
        Raises StatusError NoAuthnContext where no class of ours meets what is requested (SAML Core 3.3.2.2.1), or
        RequestDenied where a rule refuses.
        """
        rule = self.rule(demand.action, demand, network, person, now)
        if rule.require == "refuse":
            raise StatusError(Code.REFUSED_BY_RULE, "Responder", "RequestDenied", rule.name, rule=rule.name)
        # Never for what a person does here by themselves, whatever rule decides there.
        remembered = rule.remembered and demand.service_provider is not None
        spared = remembered and self._trusts is not None and here is not None and self._trusts(here, now)
        two_factors = rule.require == "two-factors" and not spared
        refs, comparison = demand.class_refs, demand.comparison
        if not refs:
            refs, comparison = self._defaults.get(demand.entity_id, ()), "exact"
        grace_until = last_day(rule, person) if rule.grace is not None else None
        if not refs:
            return (Aim(None, two_factors, rule.name, grace_until, rule.ways, remembered, spared),)
        contexts = self._candidates(comparison, refs)
        if not contexts:
            raise StatusError(Code.NO_AUTHN_CONTEXT, "Responder", "NoAuthnContext", " ".join(refs), rule=rule.name)
        return tuple(
            Aim(context, two_factors, rule.name, grace_until, rule.ways, remembered and _may_be_spared(context), spared)
            for context in contexts
        )

    def rule(self, action: str, demand: Demand, network: str, person: Person | None, now: datetime) -> Rule:
        """Give the row that decides."""
        return decide(self._login.rules, self._case(action, demand, network, person, now))

    def weigh(self, action: str, demand: Demand, network: str, person: Person, now: datetime) -> tuple[Weighed, ...]:
        """Give every row with what of it does not hold, in order."""
        return weigh(self._login.rules, self._case(action, demand, network, person, now))

    def refuses_everybody(self, action: Purpose, network: str, now: datetime) -> bool:
        """Say whether nobody at all may do this from here, so that nobody need be asked who they are."""
        return self.rule(action, own_demand(action, now), network, None, now).require == "refuse"

    def asserted_context(self, aim: Aim, proofs: Sequence[Proof]) -> AuthnContext:
        """Give the class that the assertion states: the one aimed at, else the strongest that names its methods.

        Raises StatusError NoAuthnContext when no class is true of these proofs.
        """
        if aim.context is not None:
            return aim.context
        true = [context for context in self._contexts if context.methods and satisfies(context, proofs)]
        if not true:
            detail = "no class fits what was proved"
            raise StatusError(Code.NO_AUTHN_CONTEXT, "Responder", "NoAuthnContext", detail, rule=aim.rule)
        return true[-1]

    def _candidates(self, comparison: str, refs: Sequence[str]) -> list[AuthnContext]:
        known = [self._order[ref] for ref in refs if ref in self._order]
        if not known:
            return []
        if comparison == "exact":
            return [self._contexts[position] for position in dict.fromkeys(known)]
        if comparison == "minimum":
            least = [position for position in range(len(self._contexts)) if position >= min(known)]
            return [self._contexts[position] for position in sorted(least, key=lambda each: each not in known)]
        if comparison == "maximum":
            return [self._contexts[position] for position in range(max(known), -1, -1)]
        return list(self._contexts[max(known) + 1 :])

    def _case(self, action: str, demand: Demand, network: str, person: Person | None, now: datetime) -> Case:
        return Case(action, network, demand.service_provider, demand.class_refs, person, self.day(now))
