"""A code of the help desk lets somebody register off campus, together with the password (seed, NIST 800-63B-4 4.2)."""

import json
from concurrent.futures import ThreadPoolExecutor
from math import log2
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.context import CommandContext
from idp.core.codes import Code
from idp.plugin import Outcome, Proved, Purpose, Tools, Visit, Wrong
from idp.plugin.conformance import Case, check_method
from plugins.activation import PLUGIN
from plugins.activation.commands import commands
from plugins.activation.issuing import ALPHABET, LENGTH
from plugins.activation.method import ActivationMethod
from tests.parts.off_campus import OffCampus
from tests.parts.site import OUTSIDE, Browser, Page
from tests.register.steps import SP, Person, binding_of, credentials_of, events_of


def method(site: OffCampus) -> ActivationMethod:
    found = site.idp.site.methods["activation"].method
    assert isinstance(found, ActivationMethod)
    return found


def tools(site: OffCampus) -> Tools:
    return site.idp.site.toolbox("activation", site.idp.clock())


def enter(site: OffCampus, code: str, username: str = "carol") -> Outcome:
    subject = site.idp.site.directory.find(username)
    visit = Visit(Purpose.REGISTER, subject, "outside", "en", "browser", {"activation": code})
    return method(site).resume(visit, tools(site))


def open_page(site: OffCampus) -> tuple[Browser, Page]:
    browser, page = site.open()
    return browser, browser.submit(page, "activation")


def test_with_password_and_code_an_app_is_registered_from_anywhere(site: OffCampus) -> None:
    browser, page = open_page(site)
    assert page.name == "activation"
    page = browser.submit(page, activation=site.issue())
    person = Person(site.idp, browser)

    done = person.register(page)

    assert done.name == "account"
    assert binding_of(site.idp) == "help-desk"
    assert person.log_in().name == "post"


def test_it_has_forty_bits_and_more(site: OffCampus) -> None:
    codes = {site.issue().replace("-", "") for _ in range(100)}

    assert LENGTH * log2(len(set(ALPHABET))) >= 40
    assert len(codes) == 100
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_it_lives_ten_minutes(site: OffCampus) -> None:
    late, early = site.issue(), ""
    site.idp.clock.advance(minutes=10)
    assert isinstance(enter(site, late), Wrong)
    early = site.issue()
    site.idp.clock.advance(minutes=10, seconds=-1)
    assert isinstance(enter(site, early), Proved)


def test_it_is_good_once_and_for_its_person_alone(site: OffCampus) -> None:
    code = site.issue()

    assert isinstance(enter(site, code, "bob"), Wrong)
    assert isinstance(enter(site, code), Proved)
    assert isinstance(enter(site, code), Wrong)


@pytest.mark.parametrize("number", range(5))
def test_t02_of_two_who_enter_it_at_once_one_wins(site: OffCampus, number: int) -> None:
    code = site.issue()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: enter(site, code), range(2)))

    assert sum(isinstance(each, Proved) for each in outcomes) == 1


def test_a_new_code_makes_the_one_before_void(site: OffCampus) -> None:
    first, second = site.issue(), site.issue()

    assert isinstance(enter(site, first), Wrong)
    assert isinstance(enter(site, second), Proved)


def test_five_wrong_ones_burn_it(site: OffCampus) -> None:
    code = site.issue()
    for _ in range(5):
        assert isinstance(enter(site, "AAAAA-AAAAA"), Wrong)

    assert isinstance(enter(site, code), Wrong)
    assert isinstance(enter(site, code), Wrong)


def test_wrong_ones_are_counted_by_person(site: OffCampus) -> None:
    browser, page = open_page(site)
    for _ in range(5):
        page = browser.submit(page, activation="AAAAA-AAAAA")
        assert page.code == Code.WRONG_ACTIVATION

    assert browser.submit(page, activation=site.issue()).code == Code.TOO_MANY_CODES


def test_it_proves_nothing_without_the_password(site: OffCampus) -> None:
    browser = site.idp.browser(OUTSIDE)
    page = browser.get("/idp/account/register")

    for event in ("activation", "proceed"):
        page = browser.submit(page, event, activation=site.issue(), j_username="carol")
        assert page.name == "password"


def test_t26_no_login_offers_it_or_takes_it(site: OffCampus) -> None:
    Person(site.idp, site.idp.browser(), "bob").register()
    site.idp.clock.advance(minutes=2)
    browser = site.idp.browser(OUTSIDE)
    page = browser.log_in(browser.visit(SP), "bob", "bob's Password 2")
    assert page.name == "totp"

    for event in ("activation", "mailcode"):
        assert f"_eventId_{event}" not in page.buttons
        page = browser.submit(page, event, activation=site.issue("bob"))
        assert (page.name, page.saml_response) == ("totp", None)


@pytest.mark.parametrize(
    "write", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')} "]
)
def test_it_is_taken_as_people_type_it(site: OffCampus, write: object) -> None:
    assert isinstance(enter(site, write(site.issue())), Proved)  # type: ignore[operator]


@pytest.mark.parametrize("typed", ["", " ", "A" * 1000, "\0", "ＡＡＡＡＡ", "*", "%", "=" * 10, "\ud800"])
def test_g05_what_is_no_code_is_none(site: OffCampus, typed: str) -> None:
    site.issue()

    assert not isinstance(enter(site, typed), Proved)


def test_nothing_that_is_kept_tells_the_code(site: OffCampus) -> None:
    code = site.issue()
    files = [file for name in ("state", "log") for file in Path(site.idp.conf, name).iterdir() if file.is_file()]

    assert len(files) > 1
    for file in files:
        assert code.encode() not in file.read_bytes()
        assert code.replace("-", "").encode() not in file.read_bytes()


def run(site: OffCampus, *words: str) -> object:
    return CliRunner().invoke(commands(), list(words), obj=CommandContext(site.idp.conf, site.idp.site))


def test_the_command_says_the_code_on_standard_output_alone_and_is_written_down(site: OffCampus) -> None:
    done = run(site, "issue", "carol", "--reason", "came with her card")

    code = done.stdout.strip()  # type: ignore[attr-defined]
    assert isinstance(enter(site, code), Proved)
    assert code not in done.stderr  # type: ignore[attr-defined]
    [*_, event] = [each for each in events_of(site.idp) if each["event"] == "ACTIVATION_ISSUE"]
    assert (event["username"], event["decision"], event["reason"]) == ("carol", "disclosed", "came with her card")
    assert code not in json.dumps(events_of(site.idp))
    assert site.received() == []


@pytest.mark.parametrize("words", [("issue", "carol"), ("issue",), ("issue", "nobody", "--reason", "x")])
def test_the_command_wants_a_person_and_a_reason(site: OffCampus, words: tuple[str, ...]) -> None:
    done = run(site, *words)

    assert done.exit_code in {1, 2}  # type: ignore[attr-defined]
    assert done.stdout == ""  # type: ignore[attr-defined]


def test_it_keeps_the_rules_of_methods(site: OffCampus) -> None:
    subject = site.idp.site.directory.find("carol")
    visit = Visit(Purpose.REGISTER, subject, "outside", "en", "browser")

    def right(given: Tools) -> dict[str, str]:
        return {"activation": site.issue()}

    check_method(
        PLUGIN,
        lambda: tools(site),
        [Case("carol", visit, right=right, wrong={"activation": "AAAAA-AAAAA"}, once=True)],
    )
    assert credentials_of(site.idp) == ()
