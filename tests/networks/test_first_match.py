"""One row decides, the first that fits; why the others do not is the same question (design 10)."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.core.errors import StatusError
from idp.federation.service_provider import ServiceProvider
from idp.flow.policy import Demand, Policy
from idp.flow.rules import NO_RULE, Case, Condition, Person, decide, weigh
from idp.settings.model import AuthnContext, Login, Rule

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SENSITIVE = "https://example.ac.jp/category/sensitive"
LIBRARY = ServiceProvider("https://library.example.org/shibboleth", (), entity_categories=("https://r-and-s",))
HOSPITAL = ServiceProvider("https://hospital.example.org/shibboleth", (), entity_categories=(SENSITIVE,))
STAFF = "cn=staff,ou=groups,dc=example,dc=ac,dc=jp"

IN_TIME = {Condition.FROM, Condition.UNTIL, Condition.GRACE}


def case(
    *,
    action: str = "login",
    network: str = "campus",
    sp: ServiceProvider | None = LIBRARY,
    refs: tuple[str, ...] = (),
    groups: Sequence[str] | None = (),
) -> Case:
    person = Person(groups) if groups is not None else None
    return Case(action, network, sp, refs, person, NOW.date())


@pytest.mark.parametrize(
    ("row", "fitting", "other"),
    [
        (Rule(name="a", action="register", require="refuse"), case(action="register"), case(action="replace")),
        (Rule(name="n", networks=("campus",), require="refuse"), case(), case(network="outside")),
        (Rule(name="s", service_providers=(HOSPITAL.entity_id,), require="refuse"), case(sp=HOSPITAL), case()),
        (Rule(name="c", entity_categories=(SENSITIVE,), require="refuse"), case(sp=HOSPITAL), case()),
        (Rule(name="g", groups=(STAFF,), require="refuse"), case(groups=(STAFF,)), case(groups=("cn=x",))),
        (Rule(name="m", authn_contexts=("urn:a",), require="refuse"), case(refs=("urn:b", "urn:a")), case()),
    ],
    ids=lambda each: each.name if isinstance(each, Rule) else "",
)
def test_each_condition_fits_and_does_not(row: Rule, fitting: Case, other: Case) -> None:
    assert decide((row,), fitting) is row
    assert decide((row,), other) is NO_RULE


def test_a_service_provider_is_one_named_or_one_of_a_category() -> None:
    row = Rule(
        name="two factors",
        service_providers=(LIBRARY.entity_id,),
        entity_categories=(SENSITIVE,),
        require="two-factors",
    )

    assert decide((row,), case(sp=LIBRARY)) is row
    assert decide((row,), case(sp=HOSPITAL)) is row
    assert decide((row,), case(sp=ServiceProvider("https://another.example.org", ()))) is NO_RULE


@pytest.mark.parametrize("field", ["service_providers", "entity_categories"])
def test_where_no_service_provider_asks_no_row_about_one_fits(field: str) -> None:
    row = Rule.model_validate({"name": "row", field: (LIBRARY.entity_id, ""), "require": "password"})

    assert decide((row,), case(sp=None)) is NO_RULE


@pytest.mark.parametrize(
    "spelling",
    [STAFF.upper(), "CN=Staff, OU=Groups, DC=example, DC=ac, DC=jp", "cn=st\\61ff,ou=groups,dc=example,dc=ac,dc=jp"],
)
def test_a_group_is_the_same_in_every_spelling(spelling: str) -> None:
    row = Rule(name="staff", groups=(spelling,), require="two-factors")

    assert decide((row,), case(groups=(STAFF,))) is row


@pytest.mark.parametrize(
    ("requires", "decided"),
    [
        pytest.param(("two-factors", "refuse"), "two-factors", id="who-may-be-let-in-is-asked-first"),
        pytest.param(("refuse", "two-factors"), "two-factors", id="who-may-be-refused-is-asked-first"),
        pytest.param(("refuse", "refuse"), "refuse", id="whom-everything-refuses-is-not-asked"),
        pytest.param(("password", "two-factors"), "two-factors", id="the-row-for-everybody"),
    ],
)
def test_before_the_person_is_known_a_row_about_groups_refuses_nobody(requires: tuple[str, str], decided: str) -> None:
    first = Rule.model_validate({"name": "staff", "groups": (STAFF,), "require": requires[0]})
    last = Rule.model_validate({"name": "rest", "require": requires[1]})

    assert decide((first, last), case(groups=None)).require == decided


NAMES = st.sampled_from(("a", "b", "c"))
SOME = st.lists(NAMES, max_size=2, unique=True).map(tuple)
OFTEN_ANY = st.just(()) | st.just(()) | SOME
RULES = st.lists(
    st.builds(
        Rule,
        name=NAMES,
        action=st.sampled_from(("login", "register")),
        networks=OFTEN_ANY,
        service_providers=OFTEN_ANY,
        entity_categories=OFTEN_ANY,
        groups=OFTEN_ANY,
        authn_contexts=OFTEN_ANY,
        require=st.sampled_from(("password", "two-factors", "refuse")),
    ),
    max_size=6,
)
CASES = st.builds(
    Case,
    action=st.sampled_from(("login", "register")),
    network=NAMES,
    service_provider=st.none()
    | st.builds(lambda name, of: ServiceProvider(name, (), entity_categories=of), NAMES, SOME),
    class_refs=SOME,
    person=st.builds(Person, SOME),
    today=st.just(NOW.date()),
)


def _model(rules: Sequence[Rule], asked: Case) -> Rule:
    """The table as the manual tells it."""
    sp = asked.service_provider
    for row in rules:
        facts = [row.action == asked.action]
        facts += [asked.network in row.networks] if row.networks else []
        facts += [bool(set(row.groups) & set(asked.person.groups if asked.person else ()))] if row.groups else []
        facts += [bool(set(row.authn_contexts) & set(asked.class_refs))] if row.authn_contexts else []
        if row.service_providers or row.entity_categories:
            named = sp is not None and sp.entity_id in row.service_providers
            of_category = sp is not None and bool(set(row.entity_categories) & set(sp.entity_categories))
            facts.append(named or of_category)
        if all(facts):
            return row
    return NO_RULE


@UNHURRIED
@given(RULES, CASES)
def test_the_first_row_whose_every_condition_holds_decides(rules: list[Rule], asked: Case) -> None:
    assert decide(rules, asked) is _model(rules, asked)


@UNHURRIED
@given(RULES, CASES)
def test_the_explanation_and_the_decision_are_one(rules: list[Rule], asked: Case) -> None:
    weighed = weigh(rules, asked)

    [deciding] = [each for each in weighed if each.decides]
    assert deciding.rule is decide(rules, asked)
    before = weighed[: weighed.index(deciding)]
    assert all(each.unmet for each in before)
    assert deciding.unmet == ()
    assert [each.rule for each in weighed if each.rule is not NO_RULE] == rules


def test_a_later_row_that_fits_does_not_decide() -> None:
    first, later = Rule(name="first", require="password"), Rule(name="later", require="refuse")

    assert [(each.unmet, each.decides) for each in weigh((first, later), case())] == [((), True), ((), False)]


def test_every_condition_that_fails_is_told() -> None:
    row = Rule(
        name="row",
        action="register",
        networks=("outside",),
        service_providers=("https://x",),
        groups=("cn=x",),
        authn_contexts=("urn:x",),
        require="refuse",
    )

    [weighed, last] = weigh((row,), case())

    assert weighed.unmet == tuple(each for each in Condition if each not in IN_TIME)
    assert (last.rule, last.decides) == (NO_RULE, True)


@pytest.mark.parametrize("rules", [(Rule(name="no", require="refuse"),), ()], ids=["refused", "no-rule"])
def test_an_error_for_the_service_provider_tells_the_log_which_rule_decided(rules: tuple[Rule, ...]) -> None:
    context = AuthnContext(uri="urn:a", methods=("password",))
    policy = Policy(Login(methods=("password",), rules=rules, authn_contexts=(context,)), ())
    demand = Demand(LIBRARY, "exact", ("urn:unknown",), force=False, passive=False, since=NOW)

    with pytest.raises(StatusError) as refused:
        policy.aims(demand, "campus", Person(), NOW)

    assert refused.value.rule == (rules[0].name if rules else "(no rule)")
