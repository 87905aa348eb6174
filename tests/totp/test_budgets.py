"""How many wrong codes are stood, whoever sends them from wherever (security.md T-05, T-06, T-07)."""

import pytest

from idp.core.codes import Code
from tests.login.conftest import SP
from tests.parts.site import ASK_ALWAYS, CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import (
    BOBS_SEED,
    GENEROUS,
    MakeIdp,
    another_worker,
    ask_code,
    at_code,
    forget_store,
    is_refusal,
    is_success,
    prove_password,
)
from tests.parts.slapd import RunningSlapd

MINUTE = 60
HOUR = 60 * MINUTE
MFA = ("https://refeds.org/profile/mfa",)


def wrong(idp: Idp, browser: Browser, page: Page) -> Page:
    """Send a code of an hour ago."""
    return browser.submit(page, tokencode=idp.code(steps=-120))


def wrong_until_refused(idp: Idp, browser: Browser, page: Page) -> int:
    """Give how many wrong codes are judged before no more are."""
    for count in range(100):
        page = wrong(idp, browser, page)
        if page.code != Code.WRONG_CODE:
            assert is_refusal(page, Code.TOO_MANY_CODES)
            return count
    raise AssertionError("never refused")


def test_t05_five_wrong_codes_in_five_minutes_over_sessions_and_addresses(idp: Idp) -> None:
    for number in range(5):
        browser, page = at_code(idp, address=f"203.0.113.{number}")
        assert is_refusal(wrong(idp, browser, page), Code.WRONG_CODE)

    browser, page = at_code(idp, address="2001:db8:f::1")
    refused = browser.submit(page, tokencode=idp.code())
    assert is_refusal(refused, Code.TOO_MANY_CODES)
    assert "5 minutes" in refused.html

    idp.clock.advance(seconds=5 * MINUTE + 1)
    assert is_success(browser.submit(refused, tokencode=idp.code()))


def test_t05_twenty_an_hour_and_fifty_a_day(idp: Idp) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    judged = []
    for _ in range(3):
        for _ in range(5):
            browser, page = at_code(idp, "bob")
            judged.append(wrong_until_refused(idp, browser, page))
            idp.clock.advance(seconds=6 * MINUTE)
        idp.clock.advance(seconds=HOUR)

    assert judged == [5, 5, 5, 5, 0, 5, 5, 5, 5, 0, 5, 5, 0, 0, 0]
    idp.clock.advance(seconds=24 * HOUR)
    browser, page = at_code(idp, "bob")
    assert wrong_until_refused(idp, browser, page) == 5


def test_t05_a_hundred_wrong_codes_in_a_row_stop_the_app_for_good(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, plugins_toml=ASK_ALWAYS + GENEROUS)
    browser, page = at_code(idp)
    for _ in range(99):
        page = wrong(idp, browser, page)
        assert page.code == Code.WRONG_CODE
    assert "oathFailureCount: 99" in own_slapd.server.dump()
    wrong(idp, browser, page)

    idp.close()
    forget_store(idp)
    restarted = another_worker(idp, make_idp, own_slapd)
    restarted.clock.advance(days=365)
    page = prove_password(restarted.browser(OUTSIDE))
    assert page.name == "certificate"
    browser = restarted.browser(OUTSIDE)
    stopped = browser.submit(prove_password(browser), "totp")
    assert (stopped.name, stopped.code) == ("certificate", "A206")
    assert "oathFailureCount: 100" in own_slapd.server.dump()


def test_t05_a_right_code_ends_the_row(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    for _ in range(3):
        page = wrong(idp, browser, page)
    assert "oathFailureCount: 3" in own_slapd.server.dump()

    assert is_success(browser.submit(page, tokencode=idp.code()))

    assert "oathFailureCount: 0" in own_slapd.server.dump()


def test_t06_spent_codes_leave_the_password_alone(idp: Idp) -> None:
    browser, page = at_code(idp)
    wrong_until_refused(idp, browser, page)

    campus = idp.browser(CAMPUS)
    assert is_success(prove_password(campus))
    assert at_code(idp)[1].name == "totp"


def test_t06_spent_passwords_leave_the_codes_alone(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    stranger = idp.browser(OUTSIDE)
    asked = stranger.visit(SP)
    for _ in range(12):
        asked = stranger.submit(asked, j_username="alice", j_password="guessed")
    assert asked.code == Code.TOO_MANY_PASSWORDS

    assert is_success(browser.submit(page, tokencode=idp.code()))


@pytest.mark.parametrize(
    "trick",
    ["other-person", "logout", "new-transaction", "re-enrol", "clock-back", "worker"],
    ids=lambda trick: f"T-07-{trick}",
)
def test_a_spent_budget_stays_spent(idp: Idp, make_idp: MakeIdp, slapd: RunningSlapd, trick: str) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    browser, page = at_code(idp)
    wrong_until_refused(idp, browser, page)

    if trick == "other-person":
        other, asked = at_code(idp, "bob")
        assert is_success(other.submit(asked, tokencode=idp.code(seed=BOBS_SEED)))
    if trick == "logout":
        browser.submit(browser.get("/idp/profile/Logout"))
    if trick == "re-enrol":
        idp.enrol("alice")
    if trick == "clock-back":
        idp.clock.advance(seconds=-HOUR)
    if trick == "worker":
        idp = another_worker(idp, make_idp, slapd)

    later, page = at_code(idp)
    assert is_refusal(later.submit(page, tokencode=idp.code()), Code.TOO_MANY_CODES)


def test_t07_a_right_code_gives_back_its_own_try_and_no_other(idp: Idp) -> None:
    browser, page = at_code(idp)
    for _ in range(4):
        page = wrong(idp, browser, page)
    assert is_success(browser.submit(page, tokencode=idp.code()))

    idp.clock.advance(seconds=30)
    browser, page = at_code(idp)
    assert is_refusal(wrong(idp, browser, page), Code.WRONG_CODE)
    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=idp.code()), Code.TOO_MANY_CODES)


def test_t07_spellings_of_a_name_share_the_budget(idp: Idp) -> None:
    spellings = ("alice", "ALICE", " alice ", "ａｌｉｃｅ", "Alice")
    for spelling in spellings:
        browser = idp.browser(OUTSIDE)
        page = browser.submit(browser.visit(SP), j_username=spelling, j_password="alice's Password 1")
        assert is_refusal(wrong(idp, browser, browser.submit(page, "totp")), Code.WRONG_CODE)

    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=idp.code()), Code.TOO_MANY_CODES)


def test_an_empty_or_malformed_code_costs_nothing(idp: Idp) -> None:
    browser, page = at_code(idp)
    for typed in ("", "12345", "abcdef") * 4:
        page = browser.submit(page, tokencode=typed)
        assert page.code in {Code.CODE_EMPTY, Code.CODE_FORMAT}

    assert is_success(browser.submit(page, tokencode=idp.code()))


def test_a_step_up_on_campus_draws_on_the_same_budget(idp: Idp) -> None:
    browser, page = at_code(idp)
    wrong_until_refused(idp, browser, page)

    campus = idp.browser(CAMPUS)
    page = ask_code(campus, authn_context_class_refs=MFA)
    assert is_refusal(campus.submit(page, tokencode=idp.code()), Code.TOO_MANY_CODES)
