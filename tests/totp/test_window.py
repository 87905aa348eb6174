"""A code is accepted once, in a window of three steps, by whoever has the key (security.md T-01, T-03, T-04)."""

import pytest

from idp.core.codes import Code
from idp.core.secret import Secret
from tests.login.conftest import SP
from tests.parts.site import CAMPUS, OUTSIDE, SEED, Idp
from tests.parts.sites import MakeIdp, another_worker, ask_code, at_code, forget_store, go_on_at, is_refusal, is_success
from tests.parts.slapd import RunningSlapd

STEP = 30


@pytest.mark.parametrize("offset", [-1, 0, 1], ids=["T-01-step-before", "T-01-this-step", "T-01-next-step"])
def test_a_code_is_accepted_once(idp: Idp, offset: int) -> None:
    code = idp.code(steps=offset)
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=code))

    again_elsewhere, page = at_code(idp, address="203.0.113.9")
    assert is_refusal(again_elsewhere.submit(page, tokencode=code), Code.WRONG_CODE)
    same_browser = browser.visit(SP, force_authn=True)
    page = browser.log_in(same_browser, "alice", "alice's Password 1", code=code)
    assert is_refusal(page, Code.WRONG_CODE)

    idp.clock.advance(seconds=STEP)
    page = again_elsewhere.submit(again_elsewhere.get(page.action), tokencode=code)
    later, page = at_code(idp)
    assert is_refusal(later.submit(page, tokencode=code), Code.WRONG_CODE)


def test_t01_of_two_codes_in_the_wrong_order_the_older_one_stays_used(idp: Idp) -> None:
    older, newer = idp.code(steps=-1), idp.code()
    for code, accepted in ((older, True), (newer, True), (older, False), (newer, False)):
        browser, page = at_code(idp)
        assert is_success(browser.submit(page, tokencode=code)) is accepted


def test_t01_an_older_code_of_the_window_that_was_never_used_is_refused_too(idp: Idp) -> None:
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=idp.code()))

    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=idp.code(steps=-1)), Code.WRONG_CODE)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        pytest.param(-30, True, id="T-04-30-s-behind"),
        pytest.param(0, True, id="T-04-exact"),
        pytest.param(30, True, id="T-04-30-s-ahead"),
        pytest.param(-60, False, id="T-04-60-s-behind"),
        pytest.param(60, False, id="T-04-60-s-ahead"),
        pytest.param(-300, False, id="T-04-300-s-behind"),
        pytest.param(300, False, id="T-04-300-s-ahead"),
    ],
)
def test_an_app_may_be_one_step_off(idp: Idp, seconds: int, accepted: bool) -> None:
    browser, page = at_code(idp)

    answer = browser.submit(page, tokencode=idp.code(steps=seconds // STEP))

    assert is_success(answer) is accepted
    assert accepted or is_refusal(answer, Code.WRONG_CODE)


def test_t04_no_drift_is_learned(idp: Idp) -> None:
    for _ in range(4):
        browser, page = at_code(idp)
        assert is_success(browser.submit(page, tokencode=idp.code(steps=1)))
        idp.clock.advance(seconds=STEP)

    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=idp.code(steps=2)), Code.WRONG_CODE)


@pytest.mark.parametrize("flushed", [False, True], ids=["T-03-restart", "T-03-restart-and-lost-store"])
def test_another_worker_knows_that_a_code_was_used(make_idp: MakeIdp, own_slapd: RunningSlapd, flushed: bool) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    code = idp.code()
    assert is_success(browser.submit(page, tokencode=code))
    idp.close()
    if flushed:
        forget_store(idp)

    restarted = another_worker(idp, make_idp, own_slapd)
    browser, page = at_code(restarted)
    assert is_refusal(browser.submit(page, tokencode=code), Code.WRONG_CODE)


def test_t03_two_workers_at_once_share_what_was_used(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    second = another_worker(idp, make_idp, own_slapd)
    here, page_here = at_code(idp)
    there, page_there = at_code(second)
    assert is_success(here.submit(page_here, tokencode=idp.code()))

    assert is_refusal(there.submit(page_there, tokencode=idp.code()), Code.WRONG_CODE)
    assert is_refusal(go_on_at(there, idp).submit(there.get(page_there.action), tokencode=idp.code()), Code.WRONG_CODE)


def test_on_campus_a_code_is_asked_for_where_two_factors_are_requested(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    page = ask_code(browser, authn_context_class_refs=("https://refeds.org/profile/mfa",))
    assert is_success(browser.submit(page, tokencode=idp.code()))


@pytest.mark.parametrize("size", [10, 16, 20, 64], ids=lambda size: f"T-10-{size * 8}-bit-key-logs-in")
def test_a_key_of_any_length_logs_in(idp: Idp, size: int) -> None:
    seed = Secret(SEED.reveal() * 4 if size > 20 else SEED.reveal()[:size])
    idp.enrol("alice", seed=seed)
    browser = idp.browser(OUTSIDE)

    answer = browser.submit(ask_code(browser), tokencode=idp.code(seed=seed))

    assert is_success(answer)
