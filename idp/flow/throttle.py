"""Budgets of wrong tries, over all workers: a try is reserved before it is judged (security.md T-05, T-06, W-11)."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.core.network import Address
from idp.core.subject import Subject
from idp.plugin import Budget, Claim, Limit
from idp.store import Store

KNOWN = "known-browser"
KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Charge:
    """One try, reserved at every budget it falls under: counter names with their windows."""

    counters: tuple[tuple[str, timedelta], ...]


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A budget is spent; when it starts anew."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a try comes from."""

    address: Address | None
    network: str
    browser: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted against a person at one limit; the count starts anew at `until`."""

    limit: Limit
    count: int
    until: datetime

    @property
    def is_spent(self) -> bool:
        """Say whether the next try is refused."""
        return self.count >= self.limit.tries


class Throttle:
    """Counts wrong tries by person, by address and by method. Raises DependencyError: no count, no try."""

    def __init__(self, store: Store, budgets: Mapping[str, Budget | None]) -> None:
        self._store = store
        self._budgets = budgets

    def budget(self, method: str) -> Budget | None:
        """Give what a method stands; None for one that counts nothing."""
        return self._budgets.get(method)

    def reserve(self, method: str, claim: Claim, source: Source, now: datetime) -> Charge | Exhausted:
        """Take one try from each budget; give back all of it where one is spent."""
        budget = self._budgets[method]
        if budget is None:
            return Charge(())
        limits = self._names(method, budget, claim, source)
        charge = Charge(tuple((name, limit.window) for name, limit in limits))
        counts = self._store.add_all(1, charge.counters)
        for count, (_, limit) in zip(counts, limits, strict=True):
            if count.value > limit.tries:
                self.refund(charge)
                return Exhausted(max(count.expires, now))
        return charge

    def refund(self, charge: Charge) -> None:
        """Give a try back: it was right, or its judgement failed for no fault of the person."""
        self._store.add_all(-1, charge.counters)

    def tally(self, method: str, subject: Subject, networks: Sequence[str]) -> tuple[Tally, ...]:
        """Give what is counted against a person at each limit of a method, in the lane where it is most."""
        budget = self._budgets.get(method)
        if budget is None:
            return ()
        lanes = self._lanes(budget, subject, networks)
        return tuple(
            max(
                (self._count(self._person(method, budget, subject, lane, limit), limit) for lane in lanes),
                key=lambda each: each.count,
            )
            for limit in budget.person
        )

    def forgive(self, method: str, subject: Subject, networks: Sequence[str] = ()) -> None:
        """Give a person back what was counted against them at a method, by strangers and by themselves.

        Where counts go by lanes, those of `networks` and of the person's own browsers; without any they run out by
        themselves.
        """
        budget = self._budgets.get(method)
        if budget is None or (budget.lanes and not networks):
            return
        for lane in self._lanes(budget, subject, networks):
            for limit in budget.person:
                name = self._person(method, budget, subject, lane, limit)
                self._store.add_all(-self._count(name, limit).count, ((name, limit.window),))

    def _count(self, name: str, limit: Limit) -> Tally:
        (count,) = self._store.add_all(0, ((name, limit.window),))
        return Tally(limit, count.value, count.expires)

    def _person(self, method: str, budget: Budget, subject: Subject, lane: str, limit: Limit) -> str:
        return f"{budget.shared_with or method}:person:{subject.id}:{lane}:{_seconds(limit)}"

    def _lanes(self, budget: Budget, subject: Subject, networks: Sequence[str]) -> Sequence[str]:
        if not budget.lanes:
            return ("",)
        browsers = [value.decode("ascii", "replace") for _, value in self._store.of(KNOWN, subject.id)]
        return [*(f"network:{name}" for name in networks), *(f"{KNOWN}:{browser}" for browser in browsers)]

    def remember(self, subject: Subject, browser: str, now: datetime) -> None:
        """Note that this person has logged in at this browser; strangers' tries no longer stand in its way (W-11)."""
        self._store.put(KNOWN, _known(subject, browser), browser.encode(), now + KNOWN_FOR, person=subject.id)

    def _names(self, method: str, budget: Budget, claim: Claim, source: Source) -> Sequence[tuple[str, Limit]]:
        who = f"person:{claim.subject.id}" if claim.subject else f"typed:{_digest(_folded(claim.typed))}"
        lane = self._lane(claim, source) if budget.lanes else ""
        pool = budget.shared_with or method
        person = [(f"{pool}:{who}:{lane}:{_seconds(limit)}", limit) for limit in budget.person]
        if lane.startswith(KNOWN):
            return person  # nor do strangers behind the same address stand in the way of a browser that is known
        where = str(source.address) if source.address else "unknown"
        return person + [(f"{pool}:address:{where}:{_seconds(limit)}", limit) for limit in budget.address]

    def _lane(self, claim: Claim, source: Source) -> str:
        if claim.subject and self._store.get(KNOWN, _known(claim.subject, source.browser)) is not None:
            return f"{KNOWN}:{source.browser}"
        return f"network:{source.network}"


def _seconds(limit: Limit) -> int:
    return int(limit.window.total_seconds())


def _known(subject: Subject, browser: str) -> str:
    return _digest(f"{subject.id}\0{browser}")


def _folded(typed: str) -> str:
    """Fold a name as a directory would, so that its spellings share one budget (security.md W-09)."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
