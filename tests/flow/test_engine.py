"""The engine alone decides what a method's word is worth (security.md T-20, T-25, W-09)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest

from idp.core.codes import Code
from idp.core.proof import Factor, Proof
from idp.core.subject import Subject
from idp.federation.service_provider import ServiceProvider
from idp.flow.conversation import Conversation
from idp.flow.engine import Engine
from idp.flow.policy import Aim, Demand, Policy, is_reached
from idp.flow.rules import Person
from idp.flow.session import Session
from idp.flow.step import Advanced, Page, Reached, Situation, Step
from idp.flow.throttle import Throttle
from idp.plugin import Ask, Budget, Claim, Limit, Outcome, Plugin, Proved, Tools, Visit, Wrong
from idp.plugin.registry import Enabled
from idp.settings.base import Settings
from idp.settings.model import AuthnContext, Login, Rule
from idp.store import SQLiteStore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ALICE = Subject("1", "alice", "uid=alice")
BOB = Subject("2", "bob", "uid=bob")
KNOWS = frozenset({Factor.KNOWLEDGE})
HAS = frozenset({Factor.POSSESSION})
BOTH = KNOWS | HAS
DEMAND = Demand(ServiceProvider("https://sp.example.org/sp", ()), "exact", (), force=False, passive=False, since=NOW)
SITUATION = Situation(ip_address("198.51.100.7"), "outside", "browser", "en")


def word(name: str, subject: Subject = ALICE, factors: frozenset[Factor] | None = None) -> Proved:
    """What a method says of a person it has met."""
    return Proved(subject, Proof(name, factors or (KNOWS if name == "first" else HAS), NOW))


@dataclass
class Scripted:
    """A method that answers what a test tells it to."""

    answer: Callable[[Visit], Outcome]
    judged: list[str] = field(default_factory=list)

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return Ask("page")

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        self.judged.append(visit.form.get("name", ""))
        return self.answer(visit)


class Naming(Scripted):
    """One that learns from its form who the person is."""

    def identify(self, visit: Visit, tools: Tools) -> Claim:
        typed = visit.form.get("name", "")
        return Claim(
            typed, {"alice": ALICE, "a.liddell@example.ac.jp": ALICE, "bob": BOB}.get(typed.strip().casefold())
        )


class Stage:
    """An engine over a store of its own, with two methods, `first` (known) and `second` (had)."""

    def __init__(self, folder: Path) -> None:
        self.first = Naming(lambda visit: word("first"))
        self.second = Scripted(lambda visit: word("second"))
        self.reported: list[str] = []
        budget = Budget((Limit(3, timedelta(minutes=5)),), ())
        methods = {
            "first": Enabled(_plugin("first", KNOWS, budget), self.first),
            "second": Enabled(_plugin("second", HAS, None), self.second),
        }
        context = AuthnContext(uri="https://refeds.org/profile/mfa", two_factors=True)
        rule = Rule(name="all", require="two-factors")
        login = Login(methods=("first", "second"), rules=(rule,), authn_contexts=(context,))
        store = SQLiteStore(folder / "moments.sqlite", lambda: NOW)
        throttle = Throttle(store, {name: each.plugin.budget for name, each in methods.items()})
        self.engine = Engine(
            Policy(login, ()),
            methods,
            throttle,
            lambda plugin, now: cast(Tools, None),
            lambda subject, now: Person(),
            lambda method, error: self.reported.append(f"{method}: {error}"),
        )
        self.conversation = Conversation("{}", "browser", NOW)

    def submit(self, method: str, name: str = "alice", session: Session | None = None) -> Step:
        """Send the form of a method; the conversation goes on from there."""
        asked = self.engine.choose(self.conversation, method)
        step = self.engine.submit(asked, session, DEMAND, SITUATION, {"name": name}, "proceed", NOW)
        self.conversation = step.conversation
        if isinstance(step, Advanced):
            return self.engine.advance(step.conversation, session, DEMAND, SITUATION, NOW)
        return step


def _plugin(name: str, factors: frozenset[Factor], budget: Budget | None) -> Plugin:
    return Plugin(name, __name__, factors, Settings, lambda settings: Scripted(lambda visit: word(name)), budget)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    return Stage(tmp_path)


def _is_asked(step: Step, method: str) -> bool:
    return isinstance(step, Page) and step.method == method


def test_two_methods_that_say_so_of_one_person_are_enough(stage: Stage) -> None:
    assert _is_asked(stage.submit("first"), "second")

    reached = stage.submit("second")

    assert isinstance(reached, Reached)
    assert (reached.subject, {proof.method for proof in reached.proofs}) == (ALICE, {"first", "second"})


def test_t20_a_proof_of_another_person_finishes_nobodys_login(stage: Stage) -> None:
    stage.submit("first")
    stage.second.answer = lambda visit: word("second", BOB)

    step = stage.submit("second")

    assert not isinstance(step, Reached)
    assert stage.conversation.subject == ALICE
    assert [proof.method for proof in stage.conversation.proofs] == ["first"]
    assert len(stage.reported) == 1
    assert stage.reported[0].startswith("second: ")


@pytest.mark.parametrize(
    "claimed",
    [
        pytest.param(word("first", factors=BOTH), id="T-25-a-factor-it-does-not-have"),
        pytest.param(word("second"), id="T-25-another-methods-proof"),
        pytest.param(Proved(ALICE, Proof("first", frozenset(), NOW)), id="T-25-no-factor"),
    ],
)
def test_a_method_proves_its_own_factors_alone(stage: Stage, claimed: Proved) -> None:
    stage.first.answer = lambda visit: claimed

    step = stage.submit("first")

    assert not isinstance(step, Reached)
    assert stage.conversation.proofs == ()
    assert stage.conversation.subject is None
    assert len(stage.reported) == 1


@pytest.mark.parametrize("answer", [None, True, word("first").proof], ids=["nothing", "true", "a-proof-alone"])
def test_t25_what_is_no_answer_is_told_to_the_operator(stage: Stage, answer: object) -> None:
    stage.first.answer = lambda visit: cast(Outcome, answer)

    step = stage.submit("first")

    assert not isinstance(step, Reached)
    assert stage.conversation.proofs == ()
    assert stage.reported == [f"first: resume answered {type(answer).__name__}"]


def test_t25_a_method_that_cannot_say_whom_its_form_names_proves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(visit: Visit, tools: Tools) -> Claim:
        raise KeyError("name")

    monkeypatch.setattr(stage.first, "identify", breaks)

    step = stage.submit("first")

    assert not isinstance(step, Reached)
    assert stage.first.judged == []
    assert stage.reported == ["first: 'name'"]


def test_what_the_first_page_asks_with_is_kept_until_its_form_comes_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A challenge: made by `begin`, the same on a reload, given to `resume`, and another one after a wrong answer."""
    challenges = iter((b"one", b"two", b"three"))
    seen: list[bytes] = []

    def begin(visit: Visit, tools: Tools) -> Outcome:
        return Ask("page", state=visit.state or next(challenges))

    def wrong(visit: Visit) -> Outcome:
        seen.append(visit.state)
        return Wrong(Code.WRONG_CODE, Ask("page", state=next(challenges)))

    monkeypatch.setattr(stage.second, "begin", begin)
    stage.second.answer = wrong
    page = stage.submit("first")
    assert page.conversation.state == b"one"
    again = stage.engine.advance(page.conversation, None, DEMAND, SITUATION, NOW)
    assert again.conversation == page.conversation

    stage.conversation = page.conversation
    for _ in range(2):
        step = stage.engine.submit(stage.conversation, None, DEMAND, SITUATION, {}, "proceed", NOW)
        stage.conversation = step.conversation

    assert seen == [b"one", b"two"]
    assert stage.conversation.state == b"three"


@pytest.mark.parametrize("at", ["first", "second"])
def test_t25_a_method_that_breaks_proves_nothing(stage: Stage, at: str) -> None:
    def breaks(visit: Visit) -> Outcome:
        raise RuntimeError("out of order")

    if at == "second":
        stage.submit("first")
    before = stage.conversation.proofs
    getattr(stage, at).answer = breaks

    step = stage.submit(at)

    assert not isinstance(step, Reached)
    assert stage.conversation.proofs == before
    assert stage.reported == [f"{at}: out of order"]


def test_the_second_method_cannot_be_first(stage: Stage) -> None:
    step = stage.submit("second")

    assert _is_asked(step, "first")
    assert stage.second.judged == []


def test_a_session_of_another_person_adds_no_factor(stage: Stage) -> None:
    """Another tab of this browser logged alice in meanwhile; bob's own login goes on without her app."""
    session = Session(ALICE, (word("first").proof, word("second").proof), NOW, NOW)
    stage.first.answer = lambda visit: word("first", BOB)
    stage.submit("first", "bob")

    step = stage.engine.advance(stage.conversation, session, DEMAND, SITUATION, NOW)

    assert _is_asked(step, "second")


def test_no_proof_at_all_meets_no_aim() -> None:
    assert not is_reached(Aim(None, two_factors=False, rule=""), ())


def test_w09_spellings_and_other_names_of_a_person_share_a_budget(stage: Stage) -> None:
    stage.first.answer = lambda visit: Wrong(Code.WRONG_PASSWORD, Ask("page"))
    for name in ("alice", "ALICE", "a.liddell@example.ac.jp"):
        stage.submit("first", name)

    step = stage.submit("first", "Alice")

    assert isinstance(step, Page)
    assert step.problem is Code.TOO_MANY_CODES
    assert stage.first.judged == ["alice", "ALICE", "a.liddell@example.ac.jp"]
