"""Which row of the table of rules decides, and why the others do not; there is one copy of this question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from idp.directory.name import plain_dn
from idp.federation.service_provider import ServiceProvider
from idp.settings.model import Grace, Rule

NO_RULE = Rule(name="(no rule)", require="two-factors")
"""Where no row fits, two factors are wanted: fail closed."""


class Condition(StrEnum):
    """What a row may ask for."""

    ACTION = "action"
    NETWORK = "networks"
    SERVICE_PROVIDER = "service_providers"
    GROUP = "groups"
    AUTHN_CONTEXT = "authn_contexts"
    FROM = "from"
    UNTIL = "until"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class Person:
    """What rows go by of one person: their groups, the day of their first login here, the day their entry was made.

    A day is None where it is not known; no grace that runs from it holds then.
    """

    groups: Sequence[str] = ()
    first_login: date | None = None
    entry: date | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a row is held against; `today` is the day in the site's time zone.

    `person` is None while nobody is known, `service_provider` where none asks (a person comes to their account).
    """

    action: str
    network: str
    service_provider: ServiceProvider | None
    class_refs: tuple[str, ...]
    person: Person | None
    today: date


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row held against a case: the conditions that do not hold, and whether it is the one that decides.

    `until` is the last day on which it holds, for this person; None where it has no end or that is not known.
    """

    rule: Rule
    unmet: tuple[Condition, ...]
    decides: bool
    until: date | None = None


def decide(rules: Sequence[Rule], case: Case) -> Rule:
    """Give the first row that fits, NO_RULE where none does.

    Before the person is known, a row about groups or with a grace may or may not be theirs: nobody is refused by what
    another row might let in.
    """
    possible = []
    for row in rules:
        if next(_unmet(row, case), None) is None:
            possible.append(row)
            if case.person is not None or not (row.groups or row.grace):
                break
    else:
        possible.append(NO_RULE)
    return next((row for row in reversed(possible) if row.require != "refuse"), possible[-1])


def weigh(rules: Sequence[Rule], case: Case) -> tuple[Weighed, ...]:
    """Hold every row against a case, in order; where none decides, NO_RULE is the last."""
    deciding = decide(rules, case)
    weighed = tuple(
        Weighed(row, tuple(_unmet(row, case)), row is deciding, last_day(row, case.person)) for row in rules
    )
    return weighed if deciding is not NO_RULE else (*weighed, Weighed(NO_RULE, (), decides=True))


def grace_end(grace: Grace, person: Person | None) -> date | None:
    """Give the last day of a grace; None where the day it runs from is not known."""
    first = _first_day(grace, person)
    return first + timedelta(days=grace.days) if first is not None else None


def _first_day(grace: Grace, person: Person | None) -> date | None:
    if isinstance(grace.since, date):
        return grace.since
    if person is None:
        return None
    return person.first_login if grace.since == "first-login" else person.entry


def last_day(row: Rule, person: Person | None) -> date | None:
    """Give the last day on which a row can hold for a person; None where it has no end or that is not known."""
    ends = (row.until, grace_end(row.grace, person) if row.grace is not None else None)
    return min((day for day in ends if day is not None), default=None)


def _unmet(row: Rule, case: Case) -> Iterator[Condition]:
    if row.action != case.action:
        yield Condition.ACTION
    if row.networks and case.network not in row.networks:
        yield Condition.NETWORK
    if (row.service_providers or row.entity_categories) and not _is_about(row, case.service_provider):
        yield Condition.SERVICE_PROVIDER
    if row.groups and case.person is not None and not is_member(row.groups, case.person.groups):
        yield Condition.GROUP
    if row.authn_contexts and set(row.authn_contexts).isdisjoint(case.class_refs):
        yield Condition.AUTHN_CONTEXT
    if row.starts is not None or row.until is not None or row.grace is not None:
        yield from _unmet_in_time(row, case)


def _unmet_in_time(row: Rule, case: Case) -> Iterator[Condition]:
    if row.starts is not None and case.today < row.starts:
        yield Condition.FROM
    if row.until is not None and row.until < case.today:
        yield Condition.UNTIL
    if row.grace is not None and case.person is not None:
        end = grace_end(row.grace, case.person)
        if end is None or end < case.today:
            yield Condition.GRACE


def _is_about(row: Rule, service_provider: ServiceProvider | None) -> bool:
    return service_provider is not None and (
        service_provider.entity_id in row.service_providers
        or not set(row.entity_categories).isdisjoint(service_provider.entity_categories)
    )


def is_member(wanted: Sequence[str], groups: Sequence[str]) -> bool:
    """Say whether one of a person's groups is wanted, as the directory compares: in any spelling of its name."""
    return not {plain_dn(each) for each in wanted}.isdisjoint(map(plain_dn, groups))
