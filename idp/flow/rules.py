"""Which row of the table of rules decides, and why the others do not; there is one copy of this question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from idp.directory.name import plain_dn
from idp.federation.service_provider import ServiceProvider
from idp.settings.model import Rule

NO_RULE = Rule(name="(no rule)", require="two-factors")
"""Where no row fits, two factors are wanted: fail closed."""


class Condition(StrEnum):
    """What a row may ask for."""

    ACTION = "action"
    NETWORK = "networks"
    SERVICE_PROVIDER = "service_providers"
    GROUP = "groups"
    AUTHN_CONTEXT = "authn_contexts"


@dataclass(frozen=True, slots=True)
class Case:
    """What a row is held against.

    `groups` is None while nobody is known, `service_provider` where none asks (a person comes to their account).
    """

    action: str
    network: str
    service_provider: ServiceProvider | None
    class_refs: tuple[str, ...]
    groups: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row held against a case: the conditions that do not hold, and whether it is the one that decides."""

    rule: Rule
    unmet: tuple[Condition, ...]
    decides: bool


def decide(rules: Sequence[Rule], case: Case) -> Rule:
    """Give the first row that fits, NO_RULE where none does.

    Before the person is known, a row about groups may or may not be theirs: nobody is refused by what another row
    might let in.
    """
    possible = []
    for row in rules:
        if next(_unmet(row, case), None) is None:
            possible.append(row)
            if case.groups is not None or not row.groups:
                break
    else:
        possible.append(NO_RULE)
    return next((row for row in reversed(possible) if row.require != "refuse"), possible[-1])


def weigh(rules: Sequence[Rule], case: Case) -> tuple[Weighed, ...]:
    """Hold every row against a case, in order; where none decides, NO_RULE is the last."""
    deciding = decide(rules, case)
    weighed = tuple(Weighed(row, tuple(_unmet(row, case)), row is deciding) for row in rules)
    return weighed if deciding is not NO_RULE else (*weighed, Weighed(NO_RULE, (), decides=True))


def _unmet(row: Rule, case: Case) -> Iterator[Condition]:
    if row.action != case.action:
        yield Condition.ACTION
    if row.networks and case.network not in row.networks:
        yield Condition.NETWORK
    if (row.service_providers or row.entity_categories) and not _is_about(row, case.service_provider):
        yield Condition.SERVICE_PROVIDER
    if row.groups and case.groups is not None and not _is_member(row.groups, case.groups):
        yield Condition.GROUP
    if row.authn_contexts and set(row.authn_contexts).isdisjoint(case.class_refs):
        yield Condition.AUTHN_CONTEXT


def _is_about(row: Rule, service_provider: ServiceProvider | None) -> bool:
    return service_provider is not None and (
        service_provider.entity_id in row.service_providers
        or not set(row.entity_categories).isdisjoint(service_provider.entity_categories)
    )


def _is_member(wanted: Sequence[str], groups: Sequence[str]) -> bool:
    """Compare as the directory does: a name of another spelling is the same group."""
    return not {plain_dn(each) for each in wanted}.isdisjoint(map(plain_dn, groups))
