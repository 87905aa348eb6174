"""Strangers lock nobody out, and the directory's own lock never falls because of us (security.md W-11)."""

import pytest

from idp.cli.slapd_entries import MAX_PASSWORD_FAILURES
from idp.core.codes import Code
from plugins.password import PLUGIN
from tests.login.conftest import SP
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp
from tests.parts.sites import MakeIdp, at_code, is_refusal, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd

PPOLICY_WINDOW_S = 900
ATTACKS = 1000


def guess(idp: Idp, address: str, browser: Browser | None = None) -> str | None:
    """Send a wrong password of alice's from an address; what is said."""
    browser = browser or idp.browser(address)
    return browser.submit(browser.visit(SP), j_username="alice", j_password="guessed").code


def failures(slapd: RunningSlapd) -> int:
    """Give how many failures the directory counts for alice, the only one tried."""
    return slapd.server.dump().count("pwdFailureTime: ")


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd)


@pytest.mark.parametrize("addresses", [1, 500], ids=["W-11-one-address", "W-11-five-hundred-addresses"])
def test_a_thousand_guesses_leave_the_person_their_login(site: Idp, own_slapd: RunningSlapd, addresses: int) -> None:
    known, page = at_code(site)
    assert is_success(known.submit(page, tokencode=site.code()))
    known.submit(known.get("/idp/profile/Logout"))
    stranger = site.browser(OUTSIDE)
    asked = stranger.visit(SP)
    codes = []
    for number in range(ATTACKS):
        stranger.address = f"2001:db8:bad::{number % addresses:x}"
        asked = stranger.submit(asked, j_username="alice", j_password="guessed")
        codes.append(asked.code)

    assert codes.count(Code.WRONG_PASSWORD) == 10
    assert codes.count(Code.TOO_MANY_PASSWORDS) == ATTACKS - 10
    assert failures(own_slapd) == 10
    assert is_refusal(prove_password(site.browser(OUTSIDE)), Code.TOO_MANY_PASSWORDS)
    assert is_success(prove_password(site.browser(CAMPUS)))
    assert prove_password(known).name == "certificate"


def test_w11_guesses_on_campus_do_not_reach_a_known_browser_elsewhere(site: Idp) -> None:
    known, page = at_code(site)
    assert is_success(known.submit(page, tokencode=site.code()))
    for _ in range(12):
        guess(site, CAMPUS)
        guess(site, OUTSIDE)

    known.submit(known.get("/idp/profile/Logout"))
    assert prove_password(known).name == "certificate"


def test_w11_guesses_of_others_behind_one_address_do_not_reach_a_known_browser_there(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    few = '[limits.password]\naddress = ["5/5m"]\n'
    idp = make_idp(own_slapd, plugins_toml=few)
    known = idp.browser(CAMPUS)
    assert is_success(prove_password(known))
    for number in range(6):
        browser = idp.browser(CAMPUS)
        page = browser.submit(browser.visit(SP), j_username=f"nobody{number}", j_password="guessed")
    assert is_refusal(page, Code.TOO_MANY_PASSWORDS)

    assert is_refusal(prove_password(idp.browser(CAMPUS), "bob"), Code.TOO_MANY_PASSWORDS)
    known.submit(known.get("/idp/profile/Logout"))
    assert is_success(prove_password(known))


def test_w11_two_lanes_at_their_worst_stay_below_the_directorys_lock(site: Idp, own_slapd: RunningSlapd) -> None:
    """The end of one hour and the beginning of the next: the most that any 15 minutes can hold."""
    guess(site, OUTSIDE)
    guess(site, CAMPUS)
    site.clock.advance(seconds=3600 - 310)
    for wait in (310, 310, 310):
        for _ in range(12):
            guess(site, OUTSIDE)
            guess(site, CAMPUS)
        site.clock.advance(seconds=wait)

    assert failures(own_slapd) < MAX_PASSWORD_FAILURES
    assert "pwdAccountLockedTime" not in own_slapd.server.dump().partition("uid=alice")[2].partition("\n\n")[0]
    assert prove_password(site.browser("203.0.113.200")).name in {"certificate", "password"}


def test_w11_the_shipped_numbers_leave_room_for_two_lanes_in_the_directorys_window() -> None:
    assert PLUGIN.budget is not None
    worst = min(
        limit.tries * (PPOLICY_WINDOW_S // int(limit.window.total_seconds()) + 2)
        if limit.window.total_seconds() < PPOLICY_WINDOW_S
        else limit.tries * 2
        for limit in PLUGIN.budget.person
    )

    assert 2 * worst < MAX_PASSWORD_FAILURES


def test_w11_an_hour_of_guessing_is_twenty_guesses(site: Idp) -> None:
    said = []
    for _ in range(12):
        said += [guess(site, OUTSIDE) for _ in range(11)]
        site.clock.advance(seconds=301)

    assert said.count(Code.WRONG_PASSWORD) == 20


def test_w11_a_cookie_of_our_form_makes_no_known_browser(site: Idp) -> None:
    for _ in range(10):
        guess(site, OUTSIDE)
    browser = site.browser(OUTSIDE)
    browser.client.set_cookie("__Host-warifu_browser", "A" * 43, domain="idp.example.ac.jp", secure=True)

    assert is_refusal(prove_password(browser), Code.TOO_MANY_PASSWORDS)


def test_w11_knowing_one_persons_browser_opens_no_lane_to_another(site: Idp) -> None:
    browser = site.browser(CAMPUS)
    assert is_success(prove_password(browser, "bob"))
    browser.submit(browser.get("/idp/profile/Logout"))
    for _ in range(10):
        guess(site, CAMPUS)

    assert is_refusal(prove_password(browser, "alice"), Code.TOO_MANY_PASSWORDS)
    assert password_of("alice")
