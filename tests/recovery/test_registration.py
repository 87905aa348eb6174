"""Making recovery codes: offered once an app is registered, kept as the person likes, shown once (people.md 5)."""

import re

import pytest

from idp.core.codes import Code
from idp.plugin import Binding
from tests.parts.recovery_codes import codes_on, give_codes, set_in_directory, subject_of
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import MakeIdp, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd
from tests.recovery.conftest import METHODS
from tests.register.steps import ACCOUNT, REGISTER, RESET, Person, events_of, someone
from tests.register.steps import prove_password as own_password

RECOVERY = f"{REGISTER}?method=recovery"


@pytest.fixture
def idp(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd, methods=METHODS, plugins_toml="", campus_replace="password")


def open_page(idp: Idp, username: str = "carol", path: str = RECOVERY) -> tuple[Browser, Page]:
    browser = idp.browser(CAMPUS)
    return browser, own_password(browser, browser.get(path), username)


def has_codes(idp: Idp, username: str = "carol") -> bool:
    return bool(idp.site.registrations.registered("recovery", subject_of(idp, username), idp.clock()))


def test_whoever_has_registered_an_app_is_offered_recovery_codes(idp: Idp) -> None:
    person = someone(idp)

    page = person.register()

    assert page.name == "recovery-codes"
    assert 'data-done="register"' in page.html
    assert "_eventId_decline" in page.buttons
    codes = codes_on(page)
    assert len(set(codes)) == 10
    account = person.browser.submit(page, "register", kept="yes")
    assert (account.name, 'data-done="register"' in account.html) == ("account", True)
    assert set_in_directory(idp, "carol").binding is Binding.CAMPUS_FIRST
    browser = idp.browser(OUTSIDE)
    asked = browser.submit(prove_password(browser, "carol"), "recovery")
    assert is_success(browser.submit(asked, recovery_code=codes[7]))


def test_the_offer_may_be_declined_and_is_not_made_to_who_has_codes(idp: Idp) -> None:
    person = someone(idp)
    page = person.register()

    account = person.browser.submit(page, "decline")

    assert (account.name, 'data-done="register"' in account.html) == ("account", True)
    assert not has_codes(idp)
    assert person.browser.get(account.action or page.action).name == "account"
    give_codes(idp, "carol")
    idp.clock.advance(seconds=60)
    assert person.register().name == "account"


def test_codes_that_are_only_looked_at_are_worth_nothing(idp: Idp) -> None:
    person = someone(idp)
    page = person.register()
    codes = codes_on(page)

    page = person.browser.submit(page, "register")

    assert (page.name, page.code, codes_on(page)) == ("recovery-codes", Code.CODES_NOT_KEPT, codes)
    assert codes_on(person.browser.get(page.action)) == codes
    assert not has_codes(idp)


def test_the_offer_is_made_only_where_the_rules_would_let_it_be_taken(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(
        own_slapd,
        methods=METHODS,
        plugins_toml="",
        replace=(
            (
                'action = "register"\nnetworks = ["campus"]\nrequire = "password"',
                'action = "register"\nnetworks = ["campus"]\nrequire = "refuse"',
            ),
        ),
    )
    browser = idp.browser(CAMPUS)
    person = Person(idp, browser, "alice")
    page = person.open(code=idp.code())
    assert page.name == "register"

    assert person.register(page).name == "account"
    assert own_password(browser, browser.get(RECOVERY), "alice").status == 403


def test_the_offer_is_made_only_where_what_was_proved_is_enough(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    stricter = 'action = "register"\nnetworks = ["campus"]\nrequire = '
    idp = make_idp(
        own_slapd,
        methods=METHODS,
        plugins_toml="",
        campus_replace="password",
        replace=((f'{stricter}"password"', f'{stricter}"two-factors"'),),
    )
    person = Person(idp, idp.browser(CAMPUS), "alice")

    assert person.register().name == "account"


def test_the_codes_can_be_kept_as_a_file_without_a_script(idp: Idp) -> None:
    browser, page = open_page(idp)
    codes = codes_on(page)

    file = browser.submit(page, "download")

    assert file.response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert file.response.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert "no-store" in file.response.headers["Cache-Control"]
    assert re.findall(r"\d+\. (\S+)\r\n", file.html) == codes
    assert "carol" in file.html
    assert not has_codes(idp)
    assert browser.submit(page, "register", kept="yes").name == "account"


def test_a_page_that_shows_codes_is_kept_by_nobody(idp: Idp) -> None:
    _, page = open_page(idp)

    assert "no-store" in page.response.headers["Cache-Control"]
    assert page.response.headers["Referrer-Policy"] == "no-referrer"


def test_codes_once_registered_are_never_shown_again(idp: Idp) -> None:
    browser, page = open_page(idp)
    codes = codes_on(page)
    account = browser.submit(page, "register", kept="yes")

    late = browser.submit(page, "download")

    for seen in (account, late, browser.get(ACCOUNT), browser.get(page.action)):
        assert not any(code in seen.html for code in codes)


def test_the_account_page_counts_them_and_makes_new_ones(idp: Idp) -> None:
    browser, page = open_page(idp)
    assert "_eventId_decline" not in page.buttons
    old = codes_on(page)
    browser.submit(page, "register", kept="yes")
    outside = idp.browser(OUTSIDE)
    asked = outside.submit(prove_password(outside, "carol"), "recovery")
    outside.submit(asked, recovery_code=old[0])

    account = own_password(browser, browser.get(ACCOUNT), "carol")
    assert 'data-left="9"' in account.html
    page = own_password(browser, browser.get(RECOVERY), "carol")
    new = codes_on(page)
    assert set(new).isdisjoint(old)
    assert browser.submit(page, "register", kept="yes").name == "account"

    assert set_in_directory(idp, "carol").count == 10
    outside = idp.browser(OUTSIDE)
    asked = outside.submit(prove_password(outside, "carol"), "recovery")
    asked = outside.submit(asked, recovery_code=old[1])
    assert asked.code == Code.WRONG_CODE
    assert is_success(outside.submit(asked, recovery_code=new[1]))


def test_of_two_sets_made_at_once_the_second_is_held_to_the_rule_of_replacing(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    first, page_of_first = open_page(idp)
    second, page_of_second = open_page(idp)

    assert first.submit(page_of_first, "register", kept="yes").name == "account"
    late = second.submit(page_of_second, "register", kept="yes")

    assert late.name == "recovery"
    outside = idp.browser(OUTSIDE)
    asked = prove_password(outside, "carol")
    assert is_success(outside.submit(asked, recovery_code=codes_on(page_of_first)[0]))


def test_codes_are_taken_away_like_an_app(idp: Idp) -> None:
    give_codes(idp, "carol")
    browser, page = open_page(idp, path=f"{RESET}?method=recovery")
    assert page.name == "reset"

    page = browser.submit(page, "reset")

    assert page.name == "recovery-codes"
    assert not has_codes(idp)


def test_a_lost_phone_is_replaced_by_a_recovery_code(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    """Where replacing wants two factors a code is the second, and what is registered by it is bound by a factor."""
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    codes = give_codes(idp, "alice")
    browser = idp.browser(CAMPUS)
    page = own_password(browser, browser.get(REGISTER), "alice")
    assert page.name == "totp"
    page = browser.submit(page, "recovery")
    page = browser.submit(page, recovery_code=codes[0])
    person = Person(idp, browser, "alice")

    done = person.register(page)

    assert done.name == "account"
    (app,) = idp.site.registrations.registered("totp", subject_of(idp, "alice"), idp.clock())
    assert app.binding is Binding.FACTOR
    assert is_success(person.log_in())


@pytest.mark.parametrize("binding", [Binding.CAMPUS_REPLACED, Binding.FACTOR])
def test_what_is_registered_by_weak_codes_is_weak(make_idp: MakeIdp, own_slapd: RunningSlapd, binding: Binding) -> None:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    codes = give_codes(idp, "alice", binding=binding)
    idp.clock.advance(hours=25)  # until then they change nothing
    browser = idp.browser(CAMPUS)
    page = browser.submit(own_password(browser, browser.get(REGISTER), "alice"), "recovery")
    page = browser.submit(page, recovery_code=codes[0])

    Person(idp, browser, "alice").register(page)

    (app,) = idp.site.registrations.registered("totp", subject_of(idp, "alice"), idp.clock())
    assert app.binding is binding


def test_making_codes_is_written_down(idp: Idp) -> None:
    browser, page = open_page(idp)
    browser.submit(page, "register", kept="yes")

    started, done = events_of(idp)[-2:]
    assert (started["decision"], done["decision"]) == ("started", "registered")
    assert (done["username"], done["reason"], done["binding"]) == ("carol", "recovery", "campus-first")


def test_making_codes_asks_for_what_the_rules_want(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    browser = idp.browser(OUTSIDE)

    refused = browser.get(RECOVERY)

    assert (refused.status, refused.code) == (403, Code.NOT_FROM_HERE)
    assert password_of("carol")
