"""A rule may name ways, lists of methods of which one has to be proved whole; several methods may begin a login."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from idp.core.codes import Code
from idp.core.errors import ConfigError
from idp.core.proof import Binding
from idp.flow.conversation import Conversation
from idp.flow.engine import Engine
from idp.flow.policy import Aim, Demand, Policy, is_reached, two_kinds
from idp.flow.record import proof_from_json, proof_to_json
from idp.flow.registration import Registrations
from idp.flow.rules import Person
from idp.flow.step import Advanced, Page, Reached, Step, Stuck
from idp.flow.throttle import Throttle
from idp.flow.ways import verify_ways
from idp.plugin import Ask, Factor, Outcome, Plugin, Proof, Proved, Purpose, Refused, Tools, Visit
from idp.plugin.registry import Enabled
from idp.seal import Sealer
from idp.settings.base import Settings
from idp.settings.model import AuthnContext, Login, Rule
from idp.store import SQLiteStore
from tests.flow.test_engine import ALICE, HAS, KNOWS, NOW, SITUATION, Naming, Scripted

NOTHING: frozenset[Factor] = frozenset()
FACTORS = {"password": KNOWS, "passkey": HAS, "app": HAS, "card": HAS, "mail": NOTHING, "desk": NOTHING}
BINDS = {"card": Binding.CARD_AND_MAIL, "mail": Binding.CARD_AND_MAIL, "desk": Binding.HELP_DESK}
LOGIN = ("password", "passkey", "app")
WAYS = (("password", "card", "mail"), ("password", "desk"))


def proof(name: str) -> Proof:
    return Proof(name, FACTORS[name], NOW)


@dataclass
class Stage:
    """An engine with six methods, three of them for ways alone; `refusing` have nothing to ask."""

    folder: Path
    ways: tuple[tuple[str, ...], ...] = WAYS
    action: Purpose = Purpose.REGISTER
    refusing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        methods = {name: Enabled(_plugin(name), self._method(name)) for name in FACTORS}
        context = AuthnContext(uri="https://refeds.org/profile/mfa", two_factors=True)
        rules = (Rule(name="ways", action="register", ways=self.ways), Rule(name="all", require="two-factors"))
        self.login = Login(methods=LOGIN, rules=rules, authn_contexts=(context,))
        store = SQLiteStore(self.folder / "moments.sqlite", lambda: NOW)
        self.engine = Engine(
            Policy(self.login, ()),
            methods,
            Throttle(store, dict.fromkeys(methods)),
            lambda plugin, now: cast(Tools, None),
            lambda subject, now: Person(),
            lambda method, error: pytest.fail(f"{method}: {error!r}"),
        )
        self.methods = methods
        self.demand = Demand(None, "exact", (), force=False, passive=False, since=NOW, action=self.action)
        self.conversation = Conversation("{}", "browser", NOW)

    def look(self) -> Step:
        step = self.engine.advance(self.conversation, None, self.demand, SITUATION, NOW)
        self.conversation = step.conversation
        return step

    def choose(self, method: str) -> Step:
        self.conversation = self.engine.choose(self.conversation, method)
        return self.look()

    def submit(self) -> Step:
        """Prove what is being asked for."""
        step = self.engine.submit(self.conversation, None, self.demand, SITUATION, {"name": "alice"}, "proceed", NOW)
        self.conversation = step.conversation
        return self.look() if isinstance(step, Advanced) else cast(Step, step)

    def _method(self, name: str) -> Scripted:
        refusing = self.refusing
        kind = Naming if name in {"password", "passkey"} else Scripted

        class Here(kind):  # type: ignore[misc,valid-type]
            def begin(self, visit: Visit, tools: Tools) -> Outcome:
                return Refused(Code.APP_NOT_REGISTERED) if name in refusing else Ask("page")

        return Here(lambda visit: Proved(ALICE, proof(name)))


def _plugin(name: str) -> Plugin:
    return Plugin(name, __name__, FACTORS[name], Settings, lambda settings: None, None, binds=BINDS.get(name))  # type: ignore[arg-type,return-value]


def asked(step: Step) -> tuple[str, tuple[str, ...]]:
    """Give the method of a page and its alternatives."""
    assert isinstance(step, Page), step
    return step.method, step.alternatives


def test_the_methods_of_a_way_are_asked_for_in_its_order_and_the_other_ways_are_offered(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    assert asked(stage.look()) == ("password", ())
    assert asked(stage.submit()) == ("card", ("desk",))
    assert asked(stage.submit()) == ("mail", ("desk",))
    reached = stage.submit()

    assert isinstance(reached, Reached)
    assert [each.method for each in reached.proofs] == ["password", "card", "mail"]


def test_one_way_is_enough(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.look()
    stage.submit()

    assert asked(stage.choose("desk")) == ("desk", ("card",))
    assert isinstance(stage.submit(), Reached)


def test_the_way_that_is_walked_furthest_is_shown_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ways=(("password", "desk"), ("password", "card", "mail")))
    stage.look()
    assert asked(stage.submit()) == ("desk", ("card",))
    stage.choose("card")

    assert asked(stage.submit()) == ("mail", ("desk",))


@pytest.mark.parametrize("later", ["mail", "app", "passkey"])
def test_t27_what_stands_behind_another_method_or_in_no_way_is_not_asked_for(tmp_path: Path, later: str) -> None:
    stage = Stage(tmp_path)
    stage.look()
    stage.submit()

    assert asked(stage.choose(later)) == ("card", ("desk",))
    assert [each.method for each in stage.conversation.proofs] == ["password"]


@pytest.mark.parametrize("name", ["card", "mail", "desk"])
def test_t26_a_method_for_ways_alone_is_never_offered_in_a_login(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path, action=Purpose.LOGIN)
    stage.look()

    assert asked(stage.submit()) == ("passkey", ("app",))
    assert asked(stage.choose(name)) == ("passkey", ("app",))


def test_a_way_whose_next_method_has_nothing_to_ask_leads_to_the_other(tmp_path: Path) -> None:
    stage = Stage(tmp_path, refusing={"card"})
    stage.look()

    page = stage.submit()

    assert asked(page) == ("desk", ())
    assert isinstance(page, Page)
    assert page.problem is Code.APP_NOT_REGISTERED


def test_where_no_way_is_left_nothing_is_reached(tmp_path: Path) -> None:
    stage = Stage(tmp_path, refusing={"card", "desk"})
    stage.look()

    assert isinstance(stage.submit(), Stuck)


@pytest.mark.parametrize(
    "names", [("password",), ("password", "card"), ("password", "mail"), ("card", "mail"), ("password", "app"), ()]
)
def test_half_a_way_and_other_methods_reach_nothing(names: tuple[str, ...]) -> None:
    aim = Aim(None, two_factors=False, rule="", ways=WAYS)

    assert not is_reached(aim, [proof(name) for name in names])


def test_e01_a_confirmation_makes_nothing_two_factors_and_is_nothing_by_itself() -> None:
    """A code by mail is no out-of-band authenticator (NIST SP 800-63B-4 3.1.3.1): it has no factor."""
    two = Aim(None, two_factors=True, rule="")
    one = Aim(None, two_factors=False, rule="")

    assert not is_reached(two, (proof("password"), proof("mail"), proof("desk")))
    assert not is_reached(two, (proof("app"), proof("mail")))
    assert not is_reached(one, (proof("mail"),))
    assert not two_kinds((proof("app"), proof("mail")))


def test_several_methods_may_begin_and_the_first_is_shown(tmp_path: Path) -> None:
    stage = Stage(tmp_path, action=Purpose.LOGIN)

    assert asked(stage.look()) == ("password", ("passkey",))
    assert asked(stage.choose("passkey")) == ("passkey", ("password",))
    assert asked(stage.submit()) == ("password", ())
    assert isinstance(stage.submit(), Reached)


@pytest.mark.parametrize("name", ["app", "card", "desk"])
def test_t27_what_cannot_say_who_it_is_begins_nothing(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path, action=Purpose.LOGIN)

    assert asked(stage.choose(name)) == ("password", ("passkey",))


def test_a_way_begins_with_its_own_first_method(tmp_path: Path) -> None:
    assert asked(Stage(tmp_path).look()) == ("password", ())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("password", "card", "mail"), Binding.CARD_AND_MAIL, id="card-and-mail"),
        pytest.param(("password", "desk"), Binding.HELP_DESK, id="help-desk"),
        pytest.param(("password", "app"), Binding.FACTOR, id="a-factor"),
        pytest.param(("password", "app", "mail"), Binding.FACTOR, id="a-factor-and-mail"),
        pytest.param(("password",), Binding.CAMPUS_REPLACED, id="password-alone-outside"),
    ],
)
def test_a_registration_is_bound_as_its_way_says(tmp_path: Path, names: tuple[str, ...], expected: Binding) -> None:
    stage = Stage(tmp_path)
    store = SQLiteStore(tmp_path / "moments.sqlite", lambda: NOW)
    unused = cast(Sealer, None), store, lambda plugin, now: cast(Tools, None), lambda method, error: None
    registrations = Registrations(stage.methods, Throttle(store, {}), *unused)

    bound = registrations.binding("app", Purpose.REGISTER, ALICE, [proof(name) for name in names], "outside")

    assert bound is expected


@pytest.mark.parametrize("bound_at", [None, NOW])
def test_a_proof_remembers_when_its_credential_was_bound(bound_at: object) -> None:
    written = Proof("app", HAS, NOW, Binding.FACTOR, bound_at)  # type: ignore[arg-type]

    assert proof_from_json(proof_to_json(written)) == written
    assert proof_from_json(proof_to_json(written)[:4]).bound_at is None


@pytest.mark.parametrize(
    ("ways", "login", "says"),
    [
        ((("app", "card"),), LOGIN, "none of app + card asks who the person is"),
        (WAYS, ("app",), "none of them asks who the person is"),
    ],
)
def test_nobody_can_begin_without_saying_who_it_is(
    tmp_path: Path, ways: tuple[tuple[str, ...], ...], login: tuple[str, ...], says: str
) -> None:
    stage = Stage(tmp_path)
    rule = Rule(name="ways", action="register", ways=ways)

    with pytest.raises(ConfigError) as refused:
        verify_ways(stage.login.model_copy(update={"rules": (rule,), "methods": login}), stage.methods, "idp.toml")

    assert says in str(refused.value.problems[0])
