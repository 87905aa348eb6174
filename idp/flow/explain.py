"""What policy would decide for one person, told in full: each rule, what must be proved, by which methods it can be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError, StatusError
from idp.core.proof import Binding, Proof
from idp.flow.policy import Aim, Demand, Policy, is_reached
from idp.flow.rules import Person, Weighed
from idp.plugin import Ask, Identifying, Purpose, Refused, SendTo, Tools, Visit
from idp.plugin.registry import Enabled
from idp.settings.model import Rule

Methods = Mapping[str, Enabled]


@dataclass(frozen=True, slots=True)
class Offer:
    """A method and whether it has something to ask of the person; `code` is its refusal, None where it steps aside.

    `begins` says that it asks who the person is, `is_for_ways` that only the ways of rules have a use for it.
    """

    method: str
    is_offered: bool
    code: Code | None = None
    begins: bool = False
    is_for_ways: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Methods that together are enough, and the class the assertion would state of them (empty without an assertion).

    `bindings` are those that the class counts, None for any: a credential bound in another way is not enough for it.
    """

    methods: tuple[str, ...]
    authn_context: str
    bindings: tuple[Binding, ...] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rules in order, what the person may use, and the ways; `refusal` where nothing that is proved would do.

    `remembered` says that a browser which the person trusts would spare them the second factor.
    """

    rules: tuple[Weighed, ...]
    offers: tuple[Offer, ...]
    ways: tuple[Way, ...]
    refusal: StatusError | None
    remembered: bool = False

    @property
    def deciding(self) -> Rule:
        """The rule that decides."""
        return next(each.rule for each in self.rules if each.decides)


def explain(
    policy: Policy, methods: Methods, tools: Mapping[str, Tools], demand: Demand, person: Person, visit: Visit
) -> Explanation:
    """Say what would be decided of a demand as it comes in, for the person, the purpose and the network of `visit`.

    Raises DependencyError where a part that a method needs is down.
    """
    rules = policy.weigh(visit.purpose, demand, visit.network, person, demand.since)
    offers = ask_methods(policy, methods, visit, tools)
    refusal: StatusError | None = None
    ways: tuple[Way, ...] = ()
    remembered = False
    try:
        aims = policy.aims(demand, visit.network, person, demand.since)
        remembered = any(aim.remembered for aim in aims)
        walked = {name for aim in aims for way in aim.ways for name in way}
        able = [each for each in offers if each.is_offered and (not each.is_for_ways or each.method in walked)]
        ways = tuple(_ways(policy, aims, able, methods, demand))
    except StatusError as error:
        refusal = error
    return Explanation(rules, offers, ways, refusal, remembered)


def ask_methods(policy: Policy, methods: Methods, visit: Visit, tools: Mapping[str, Tools]) -> tuple[Offer, ...]:
    """Ask each method whether it would show the person something; those that say who they are always do.

    Raises DependencyError where a part that a method needs is down.
    """
    offers = []
    for name, enabled in methods.items():
        is_for_ways = name not in policy.methods
        begins = not is_for_ways and isinstance(enabled.method, Identifying)
        offer = Offer(name, is_offered=True) if begins else _offer(name, enabled, visit, tools[name])
        offers.append(replace(offer, begins=begins, is_for_ways=is_for_ways))
    return tuple(offers)


def _offer(name: str, enabled: Enabled, visit: Visit, tools: Tools) -> Offer:
    try:
        outcome = enabled.method.begin(visit, tools)
    except DependencyError:
        raise
    except SealError as error:
        return Offer(name, is_offered=False, code=error.code)
    except Exception:  # noqa: BLE001 - a plug-in is a stranger, and is refused at a login, too
        return Offer(name, is_offered=False, code=Code.METHOD_FAILED)
    code = outcome.code if isinstance(outcome, Refused) else None
    return Offer(name, isinstance(outcome, Ask | SendTo), code)


def _ways(
    policy: Policy, aims: Sequence[Aim], able: Sequence[Offer], methods: Methods, demand: Demand
) -> Iterator[Way]:
    """Give the smallest sets of methods that meet an aim, fewest first; one that says who it is, is in each."""
    found: list[set[str]] = []
    for size in range(1, len(able) + 1):
        for offers in combinations(able, size):
            chosen = [each.method for each in offers]
            if not any(each.begins for each in offers) or any(smaller <= set(chosen) for smaller in found):
                continue
            proofs = [Proof(name, methods[name].plugin.factors, demand.since) for name in chosen]
            way = next((way for aim in aims if (way := _way(policy, aim, proofs, demand)) is not None), None)
            if way is not None:
                found.append(set(chosen))
                yield way


def _way(policy: Policy, aim: Aim, proofs: Sequence[Proof], demand: Demand) -> Way | None:
    if not is_reached(aim, proofs):
        return None
    if demand.action is not Purpose.LOGIN:
        return Way(tuple(proof.method for proof in proofs), "")
    try:
        context = policy.asserted_context(aim, proofs)
    except StatusError:
        return None
    return Way(tuple(proof.method for proof in proofs), context.uri, context.bindings)
