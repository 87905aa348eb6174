"""The rules of the conformance kit for registration, each tried on a case; what is broken is collected."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from idp.core.errors import DependencyError, SealError
from idp.core.proof import Binding
from idp.core.subject import Subject
from idp.plugin.case import EnrolCase, Fault, Rule
from idp.plugin.enrol import Confirmed, Enrollable, Registered, Several
from idp.plugin.method import Plugin
from idp.plugin.outcome import Ask, Wrong
from idp.plugin.rules import GARBAGE, STATES
from idp.plugin.tools import Tools
from idp.plugin.watched import Watch, broken_tools, watched_tools

Answer = TypeVar("Answer")


class _CaseEndedError(Exception):
    """Ends a case: what would follow cannot be tried."""


class EnrolRules:
    """One enrollable method under trial; `faults` is what was found so far."""

    def __init__(self, plugin: Plugin, method: Enrollable, make_tools: Callable[[], Tools]) -> None:
        self._plugin = plugin
        self._method = method
        self._make_tools = make_tools
        self.faults: list[Fault] = []

    def try_all(self, case: EnrolCase) -> None:
        """Offer, confirm, replace and withdraw, wrongly and rightly, for one person."""
        subject = case.visit.subject
        if subject is None:
            raise ValueError("a case of enrolment has a person")
        try:
            ask = self._offer(case)
            self._nothing_confirms_nothing(case, ask)
            self._wrong(case, ask)
            first = self._register(case, subject, ask, Binding.CAMPUS_FIRST)
            second = self._register(case, subject, self._offer(case), Binding.FACTOR)
            if first.id == second.id:
                self._fault(Rule.REPLACES, case, "what was registered anew has the id of what stood before")
            self._only_instead_of_what_stands(case, subject, first, second)
            self._parts_down(case, subject, second)
            if isinstance(self._method, Several) and self._method.most > 1:
                self._several(self._method, case, subject, second)
            self._withdraw(case, subject, first, second)
        except _CaseEndedError:
            return

    def _offer(self, case: EnrolCase) -> Ask:
        """An offer changes nothing, is a new one each time, and the same one when it is shown again."""
        new = replace(case.visit, state=b"")
        ask, other = (self._quiet("offer", case, partial(self._method.offer, new)) for _ in range(2))
        if not (isinstance(ask, Ask) and isinstance(other, Ask)):
            raise self._end(Rule.OFFERS, case, f"answered {type(ask).__name__}")
        if not ask.state or ask.state == other.state:
            self._fault(Rule.OFFERS_ARE_NEW, case, "two offers hold the same state")
        visit = replace(case.visit, state=ask.state)
        again = self._quiet("offer", case, partial(self._method.offer, visit))
        if not isinstance(again, Ask) or again.state != ask.state or again.values != ask.values:
            self._fault(Rule.SHOWN_AGAIN, case, "an offer shown again is another one")
        return ask

    def _nothing_confirms_nothing(self, case: EnrolCase, ask: Ask) -> None:
        """Empty forms, garbage, and states that were never offered confirm nothing and raise nothing."""
        right = case.right(ask, self._make_tools())
        forms = [{}, *(dict.fromkeys({*case.wrong, *right}, text) for text in GARBAGE)]
        for form, state in [*((form, ask.state) for form in forms), *((right, state) for state in STATES)]:
            visit = replace(case.visit, form=form, state=state)
            outcome = self._quiet("confirm", case, partial(self._method.confirm, visit))
            if isinstance(outcome, Confirmed):
                told = {name: text[:20] for name, text in form.items()}
                self._fault(Rule.EMPTY_FORM_CONFIRMS_NOTHING, case, f"{told!r} with state {state[:8]!r} was confirmed")

    def _wrong(self, case: EnrolCase, ask: Ask) -> None:
        """A wrong form is Wrong, so that it is counted; the offer stands as it was."""
        visit = replace(case.visit, form=case.wrong, state=ask.state)
        outcome = self._quiet("confirm", case, partial(self._method.confirm, visit))
        if isinstance(outcome, Confirmed):
            self._fault(Rule.WRONG_CONFIRMS_NOTHING, case, "a wrong form was confirmed")
        elif self._plugin.budget is not None and not isinstance(outcome, Wrong):
            self._fault(
                Rule.WRONG_IS_COUNTED, case, f"a wrong form was {type(outcome).__name__}, which no budget counts"
            )
        elif isinstance(outcome, Wrong) and outcome.ask.state != ask.state:
            self._fault(Rule.WRONG_KEEPS_THE_OFFER, case, "after a wrong form something else is offered")

    def _register(self, case: EnrolCase, subject: Subject, ask: Ask, binding: Binding) -> Registered:
        """A right form confirms and changes nothing; what is confirmed is registered, as it was said to be bound."""
        before = self._registered(case, subject)
        former = before[0] if before else None
        confirmed = self._confirm(case, ask)
        tools = self._make_tools()
        if not self._try("enrol", case, lambda: self._method.enrol(subject, confirmed, former, binding, tools)):
            raise self._end(Rule.REGISTERS, case, "what was confirmed was not registered")
        after = self._registered(case, subject)
        if not after:
            raise self._end(Rule.REGISTERS, case, "nothing is registered afterwards")
        found = next((each for each in after if each not in before), after[0])
        if len(after) > max(len(before), 1):
            self._fault(Rule.REPLACES, case, f"{len(after)} are registered, {len(before)} were before")
        if found.binding is not binding:
            self._fault(Rule.KEEPS_THE_BINDING, case, f"bound as {binding}, remembered as {found.binding}")
        if found.since is None or abs((found.since - tools.now).total_seconds()) > 1:
            self._fault(Rule.TIME_IS_GIVEN, case, f"registered at {tools.now}, remembered as {found.since}")
        return found

    def _confirm(self, case: EnrolCase, ask: Ask) -> Confirmed:
        def work(tools: Tools) -> object:
            return self._method.confirm(replace(case.visit, form=case.right(ask, tools), state=ask.state), tools)

        outcome = self._quiet("confirm", case, work)
        if not isinstance(outcome, Confirmed):
            raise self._end(Rule.RIGHT_FORM_CONFIRMS, case, f"a right form was {type(outcome).__name__}")
        return outcome

    def _only_instead_of_what_stands(
        self, case: EnrolCase, subject: Subject, gone: Registered, standing: Registered
    ) -> None:
        """What was decided about an earlier state registers nothing: of two at once, one is kept (security.md T-34)."""
        confirmed = self._confirm(case, self._offer(case))
        for former in (gone, None):
            done = self._try(
                "enrol",
                case,
                partial(self._method.enrol, subject, confirmed, former, Binding.CAMPUS_FIRST, self._make_tools()),
            )
            if done or standing not in self._registered(case, subject):
                self._fault(Rule.COMPARES_AND_SWAPS, case, "it was registered in place of something else")

    def _parts_down(self, case: EnrolCase, subject: Subject, standing: Registered) -> None:
        """With every part down nothing is said to be done or to be absent."""
        confirmed = self._confirm(case, self._offer(case))
        tools = broken_tools(self._make_tools())
        works: tuple[tuple[str, Callable[[], object]], ...] = (
            ("registered", lambda: self._method.registered(subject, tools)),
            ("enrol", lambda: self._method.enrol(subject, confirmed, standing, Binding.FACTOR, tools)),
            ("withdraw", lambda: self._method.withdraw(subject, standing, tools)),
        )
        for what, work in works:
            try:
                work()
            except DependencyError:
                continue
            except Exception as error:  # noqa: BLE001 - the method is a stranger
                self._fault(Rule.RAISES_NOTHING, case, f"{what}: {type(error).__name__}: {error}"[:300])
                continue
            self._fault(Rule.FAILS_CLOSED, case, f"{what} answered with the directory and the store down")

    def _withdraw(self, case: EnrolCase, subject: Subject, gone: Registered, standing: Registered) -> None:
        """What stands is taken away once; something else is left alone."""
        if self._try("withdraw", case, lambda: self._method.withdraw(subject, gone, self._make_tools())):
            self._fault(Rule.WITHDRAWS_WHAT_STANDS, case, "something else was taken away")
        if not self._try("withdraw", case, lambda: self._method.withdraw(subject, standing, self._make_tools())):
            self._fault(Rule.WITHDRAWS, case, "what stands was not taken away")
        if any(each.id == standing.id for each in self._registered(case, subject)):
            self._fault(Rule.WITHDRAWS, case, "it is registered still")

    def _several(self, method: Several, case: EnrolCase, subject: Subject, standing: Registered) -> None:
        """Others are registered beside what stands, up to so many; each has a name; one that goes leaves the rest."""
        if self._add(method, case, subject, ()):
            self._fault(Rule.STAYS_WITHIN_MOST, case, "added beside nothing, while something stands")
        for _ in range(method.most):
            before = self._registered(case, subject)
            done = self._add(method, case, subject, before)
            after = self._registered(case, subject)
            if done != (len(before) < method.most) or len(after) != len(before) + done:
                self._fault(Rule.STAYS_WITHIN_MOST, case, f"{len(after)} are registered after {len(before)}")
            if not set(before) <= set(after):
                self._fault(Rule.ADDS, case, "what stood before is not there as it was")
        others = [each for each in self._registered(case, subject) if each.id != standing.id]
        if not others:
            raise self._end(Rule.ADDS, case, "nothing was added")
        self._rename(method, case, subject, others[0])
        for each in others:
            if not self._try("withdraw", case, partial(method.withdraw, subject, each, self._make_tools())):
                self._fault(Rule.WITHDRAWS, case, "one of several was not taken away")
        if self._registered(case, subject) != (standing,):
            self._fault(Rule.WITHDRAWS, case, "with one of several something else was taken away")

    def _add(self, method: Several, case: EnrolCase, subject: Subject, beside: tuple[Registered, ...]) -> bool:
        confirmed = self._confirm(case, self._offer(case))
        work = partial(method.add, subject, confirmed, beside, Binding.FACTOR, self._make_tools())
        return bool(self._try("add", case, work))

    def _rename(self, method: Several, case: EnrolCase, subject: Subject, one: Registered) -> None:
        before = self._registered(case, subject)
        self._try("rename", case, lambda: method.rename(subject, one, "予備の 1 台", self._make_tools()))
        renamed = replace(one, label="予備の 1 台")
        if self._registered(case, subject) != tuple(renamed if each == one else each for each in before):
            self._fault(Rule.RENAMES, case, "it bears another name than it was given, or something else was changed")

    def _registered(self, case: EnrolCase, subject: Subject) -> tuple[Registered, ...]:
        found = self._quiet("registered", case, lambda tools: self._method.registered(subject, tools))
        if not (isinstance(found, tuple) and all(isinstance(each, Registered) for each in found)):
            raise self._end(Rule.ANSWERS_AN_OUTCOME, case, f"registered: answered {type(found).__name__}")
        return found

    def _quiet(self, what: str, case: EnrolCase, work: Callable[[Tools], object]) -> object:
        """Have something done that must change nothing."""
        watch = Watch()
        tools = watched_tools(self._make_tools(), watch)
        answer = self._try(what, case, lambda: work(tools))
        if watch.changes:
            self._fault(Rule(f"{what}-changes-nothing"), case, f"{what} called {', '.join(sorted(watch.changes))}")
        return answer

    def _try(self, what: str, case: EnrolCase, work: Callable[[], Answer]) -> Answer | None:
        try:
            return work()
        except (DependencyError, SealError):
            return None
        except Exception as error:  # noqa: BLE001 - the method is a stranger, and raising is what it is tried for
            self._fault(Rule.RAISES_NOTHING, case, f"{what}: {type(error).__name__}: {error}"[:300])
            return None

    def _end(self, rule: Rule, case: EnrolCase, detail: str) -> _CaseEndedError:
        self._fault(rule, case, detail)
        return _CaseEndedError()

    def _fault(self, rule: Rule, case: EnrolCase, detail: str) -> None:
        self.faults.append(Fault(rule, f"{self._plugin.name}, {case.name}: {detail}"))
