"""Rolling out: a grace for a group, a rule from a day on and until a day, a service provider that is exempt."""

import json
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from idp.cli.main import main
from idp.cli.slapd_entries import GROUPS_DN
from idp.core.clock import system_clock
from idp.core.errors import ConfigError
from idp.flow.rules import NO_RULE, Case, Condition, Person, decide, weigh
from idp.settings.load import load_settings
from idp.settings.model import Rule
from idp.settings.rule_order import find_rule_warnings
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PPT
from tests.networks.test_first_match import CASES, RULES, UNHURRIED, case
from tests.parts.site import OUTSIDE, Browser, Idp, Page
from tests.parts.sites import MakeIdp, forget_store, is_success, prove_password
from tests.parts.slapd import RunningSlapd

TODAY = date(2026, 11, 24)
CAMPUS_RULE = '[[login.rules]]\nname = "campus"\n'
STAFF = f'"cn=staff,{GROUPS_DN}"'


def row(**keys: object) -> Rule:
    return Rule.model_validate({"name": "row", "require": "password", **keys})


def fits(rule: Rule, *, today: date = TODAY, person: Person | None = None) -> bool:
    asked = Case("login", "campus", None, (), person or Person(), today)
    return decide((rule,), asked) is rule


@pytest.mark.parametrize(
    ("today", "holds"),
    [("2027-03-31", False), ("2027-04-01", True), ("2027-04-30", True), ("2027-05-01", False)],
)
def test_a_rule_holds_from_a_day_until_a_day_both_included(today: str, holds: bool) -> None:
    rule = row(**{"from": "2027-04-01", "until": date(2027, 4, 30)})

    assert fits(rule, today=date.fromisoformat(today)) is holds


@pytest.mark.parametrize("days", [0, 13, 14, 15])
@pytest.mark.parametrize("since", ["first-login", "entry", "2026-11-24"])
def test_a_grace_holds_for_so_many_days_and_no_longer(since: str, days: int) -> None:
    rule = row(grace={"days": 14, "since": since})
    known = Person(first_login=TODAY, entry=TODAY)

    assert fits(rule, today=TODAY + timedelta(days=days), person=known) is (days <= 14)


@pytest.mark.parametrize("since", ["first-login", "entry"])
def test_a_grace_whose_beginning_nobody_knows_is_none(since: str) -> None:
    assert not fits(row(grace={"days": 1000, "since": since}), person=Person())


def test_before_the_person_is_known_a_grace_refuses_nobody_and_lets_nobody_in() -> None:
    grace, rest = row(grace={"days": 14, "since": "entry"}), row(name="rest", require="refuse")
    last = row(name="last", require="two-factors")

    assert decide((grace, rest), case(groups=None)) is grace
    assert decide((grace, last), case(groups=None)) is last


@UNHURRIED
@given(RULES, CASES, st.integers(-400, 400), st.integers(-400, 400))
def test_a_rule_out_of_its_time_is_as_if_it_were_not_there(
    rules: list[Rule], asked: Case, before: int, after: int
) -> None:
    starts, until = TODAY + timedelta(days=before), TODAY + timedelta(days=after)
    if until < starts:
        starts, until = until, starts
    timed = [rule.model_copy(update={"starts": starts, "until": until}) for rule in rules]
    decided = decide(timed, asked)

    assert decided.name == (decide(rules, asked).name if starts <= asked.today <= until else NO_RULE.name)


@UNHURRIED
@given(RULES, CASES)
def test_every_time_that_fails_is_told(rules: list[Rule], asked: Case) -> None:
    late = [rule.model_copy(update={"starts": TODAY + timedelta(days=1)}) for rule in rules]

    assert all(Condition.FROM in each.unmet for each in weigh(late, asked) if each.rule is not NO_RULE)


@pytest.mark.parametrize(
    "keys",
    [
        {"from": "2027-02-30"},
        {"from": "next April"},
        {"until": "2027-04-01T00:00:00"},
        {"until": 20270401},
        {"from": "2027-04-02", "until": "2027-04-01"},
        {"grace": {"days": 0, "since": "entry"}},
        {"grace": {"days": 14, "since": "birth"}},
        {"grace": {"days": 14}},
        {"grace": {"days": 14, "since": "entry"}, "require": "two-factors"},
        {"grace": {"days": 14, "since": "entry"}, "action": "register"},
    ],
    ids=str,
)
def test_a_time_that_cannot_be_meant_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        row(**keys)


@pytest.mark.parametrize("day", ['"2027-02-30"', "2027-04-01T00:00:00Z", "2027"])
def test_a_broken_day_refuses_the_start_and_names_its_key(make_idp: MakeIdp, slapd: RunningSlapd, day: str) -> None:
    idp = make_idp(slapd)
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace(CAMPUS_RULE, f"{CAMPUS_RULE}from = {day}\n"))

    with pytest.raises(ConfigError, match=r"login\.rules\[0\]\.from"):
        load_settings(idp.conf)


def events_of(idp: Idp) -> list[dict[str, object]]:
    return [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()]


def graced(make_idp: MakeIdp, slapd: RunningSlapd, grace: str, more: str = "") -> Idp:
    """Give a site where everything wants two factors but for a grace."""
    text = f'[[login.rules]]\nname = "settling in"\n{more}require = "password"\ngrace = {grace}\n\n'
    two = '[[login.rules]]\nname = "campus"\nnetworks = ["campus"]\nrequire = "password"\n'
    return make_idp(slapd, replace=((two, text),), methods=("password", "totp"), plugins_toml="")


def go_on(browser: Browser, page: Page) -> Page:
    assert (page.name, page.buttons) == ("grace", ["_eventId_continue"]), (page.status, page.name, page.code)
    return browser.submit(page, "continue")


def test_who_has_a_grace_is_told_how_many_days_are_left_and_goes_on(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    browser = idp.browser(OUTSIDE)
    told = prove_password(browser, "bob")

    assert "another <strong>14</strong> days, until <strong>2026-12-08</strong>" in told.html
    assert 'href="/idp/account/register?method=totp"' in told.html
    answer = browser.judged(go_on(browser, told), SP)
    assert answer.authn_context == PPT
    [event] = [each for each in events_of(idp) if each["decision"] == "accepted"]
    assert (event["rule"], event["methods"]) == ("settling in", ["password"])


def test_a_grace_ends_and_two_factors_are_wanted(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    browser = idp.browser(OUTSIDE)
    go_on(browser, prove_password(browser, "bob"))

    idp.clock.advance(days=14)
    page = prove_password(browser, "bob")
    assert "Today, <strong>2026-12-08</strong>" in page.html
    assert is_success(go_on(browser, page))
    idp.clock.advance(days=1)

    page = prove_password(idp.browser(OUTSIDE), "bob")
    assert (page.name, page.code) == ("error", "A205")


def test_n04_a_session_of_a_grace_is_asked_for_more_when_the_grace_is_over(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    idp = graced(make_idp, slapd, "{days = 1, since = 2026-11-23}")
    idp.clock.advance(hours=14, minutes=50)  # ten minutes before midnight in Japan
    browser = idp.browser(OUTSIDE)
    waiting = prove_password(browser, "bob")
    assert waiting.name == "grace"
    other = idp.browser(OUTSIDE)
    assert is_success(go_on(other, prove_password(other, "bob")))

    idp.clock.advance(minutes=11)

    assert browser.submit(waiting, "continue").code == "A205"
    assert other.visit(OTHER_SP).code == "A205"


def test_a_login_by_a_grace_never_claims_two_factors(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')

    page = prove_password(idp.browser(OUTSIDE), "bob", authn_context_class_refs=(MFA,))

    assert (page.name, page.code) == ("error", "A205")


def test_who_has_an_app_is_not_told_to_register(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')

    assert is_success(prove_password(idp.browser(OUTSIDE), "alice"))


def test_a_session_of_a_grace_is_used_without_telling_again(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    browser = idp.browser(OUTSIDE)
    go_on(browser, prove_password(browser, "bob"))

    assert is_success(browser.visit(OTHER_SP))


def test_a_form_of_the_grace_page_is_good_once(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    browser = idp.browser(OUTSIDE)
    page = prove_password(browser, "bob")

    assert is_success(browser.submit(page, "continue"))
    assert browser.submit(page, "continue").code == "P104"


def test_continue_passes_nobody_over_the_password(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    browser = idp.browser(OUTSIDE)

    page = browser.submit(browser.visit(SP), "continue", j_username="bob", j_password="wrong")

    assert (page.name, page.code) == ("password", "A101")


def test_a_grace_is_of_its_group(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}', f"groups = [{STAFF}]\n")

    assert prove_password(idp.browser(OUTSIDE), "bob").code == "A205"


def test_a_grace_runs_from_when_the_entry_was_made(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    fresh = graced(make_idp, slapd, '{days = 1000, since = "entry"}')
    fresh.clock.now = now = system_clock()
    assert prove_password(fresh.browser(OUTSIDE), "bob").name == "grace"

    fresh.clock.now = now + timedelta(days=1002)
    assert prove_password(fresh.browser(OUTSIDE), "bob").code == "A205"


def test_two_first_logins_at_once_begin_one_grace(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')
    subject = idp.site.directory.find("bob")
    assert subject is not None
    later = idp.clock() + timedelta(days=3)

    assert idp.site.acquaintances.greet(subject, idp.clock()).first_login == TODAY
    assert idp.site.acquaintances.greet(subject, later).first_login == TODAY


def explained(idp: Idp, *words: str) -> dict[str, object]:
    command = ["policy", "explain", "--conf", str(idp.conf), "--user", "bob", "--sp", SP.entity_id, "--from", OUTSIDE]
    done = CliRunner().invoke(main, [*command, *words])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout) if "--json" in words else {"text": done.output}
    return found


def test_the_explanation_says_which_rule_why_and_until_when(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    today = system_clock().astimezone(ZoneInfo("Asia/Tokyo")).date()
    far = today + timedelta(days=10)
    idp = graced(make_idp, slapd, f"{{days = 10, since = {today}}}")

    assert f"DECIDES: password until {far}, by its grace" in str(explained(idp)["text"])
    found = explained(idp, "--json")
    assert (found["rule"], found["require"], found["until"]) == ("settling in", "password", far.isoformat())


def test_the_explanation_says_why_a_rule_does_not_hold_now(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    rows = "".join(
        f'[[login.rules]]\nname = "{name}"\nrequire = "password"\n{time}\n\n'
        for name, time in (
            ("soon", "from = 2999-04-01"),
            ("over", "until = 2020-03-31"),
            ("grace", "grace = {days = 7, since = 2020-01-01}"),
        )
    )
    idp = make_idp(slapd, replace=((CAMPUS_RULE, rows + CAMPUS_RULE),))

    text = str(explained(idp)["text"])

    assert "does not fit: it holds from 2999-04-01 on" in text
    assert "does not fit: it held until 2020-03-31" in text
    assert "does not fit: the grace ended on 2020-01-08" in text


def test_the_explanation_begins_no_grace(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}')

    assert explained(idp, "--json")["rule"] == "settling in"
    subject = idp.site.directory.find("bob")
    assert subject is not None
    assert idp.site.store.get("first-login", subject.id) is None


def test_a_store_that_was_lost_lengthens_no_grace_beyond_the_end_of_its_rule(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    idp = graced(make_idp, slapd, '{days = 14, since = "first-login"}', "until = 2026-12-10\n")
    assert prove_password(idp.browser(OUTSIDE), "bob").name == "grace"
    idp.clock.advance(days=15)
    forget_store(idp)

    page = prove_password(idp.browser(OUTSIDE), "bob")
    assert "another <strong>1</strong> days, until <strong>2026-12-10</strong>" in page.html
    idp.clock.advance(days=2)
    assert prove_password(idp.browser(OUTSIDE), "bob").code == "A205"


@pytest.mark.parametrize(
    ("first", "later", "is_said"),
    [
        ("", "", True),
        ("until = 2027-03-31", "", False),
        ("from = 2027-04-01", "", False),
        ("until = 2027-03-31", "until = 2027-03-31", True),
        ("grace = {days = 14, since = 'entry'}", "", False),
    ],
)
def test_a_rule_that_holds_for_a_time_leaves_the_rest_to_later_ones(
    make_idp: MakeIdp, slapd: RunningSlapd, first: str, later: str, is_said: bool
) -> None:
    rows = "".join(
        f'[[login.rules]]\nname = "{name}"\nrequire = "password"\n{time}\n\n'
        for name, time in (("first", first), ("second", later))
    )
    idp = make_idp(slapd, replace=((CAMPUS_RULE, rows + CAMPUS_RULE),))

    warnings = list(find_rule_warnings(idp.site.settings))

    assert any("'second' never decides" in each for each in warnings) is is_said


def test_an_exempt_service_provider_is_let_in_with_the_password_and_explained_by_its_rule(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    exempt = (
        f'[[login.rules]]\nname = "exempt: the old wiki"\nservice_providers = ["{SP.entity_id}"]\n'
        'require = "password"\n\n'
        '[[login.rules]]\nname = "from April on"\nfrom = 2026-11-01\nrequire = "two-factors"\n\n'
    )
    idp = make_idp(slapd, replace=((CAMPUS_RULE, exempt + CAMPUS_RULE),))
    browser = idp.browser(OUTSIDE)

    assert is_success(prove_password(browser, "bob"))
    assert events_of(idp)[-1]["rule"] == "exempt: the old wiki"
    assert explained(idp, "--json")["rule"] == "exempt: the old wiki"
    assert browser.visit(OTHER_SP).name == "certificate"
