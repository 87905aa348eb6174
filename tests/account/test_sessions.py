"""People see where else they are logged in, and end it; it is over at once, for every worker."""

from tests.account.conftest import SP
from tests.account.steps import ACCOUNT, SESSIONS, logged_in, part, password_of
from tests.parts.site import OUTSIDE, Browser, Idp


def _end_others(browser: Browser) -> None:
    page = browser.get(ACCOUNT)
    ended = browser.post(SESSIONS, {**page.hidden, "_eventId_end": ""})
    assert (ended.status, 'data-done="sessions"' in ended.html) == (200, True)


def _is_logged_in(browser: Browser) -> bool:
    return browser.get(ACCOUNT).name == "account"


def test_other_logins_are_listed_with_their_place(idp: Idp) -> None:
    logged_in(idp, "alice", OUTSIDE)
    idp.clock.advance(minutes=3)

    sessions = part(logged_in(idp).get(ACCOUNT), "sessions")

    assert "Logged in at 2026-11-24 09:00 JST, last used at 2026-11-24 09:00 JST" in sessions
    assert f"outside the campus ({OUTSIDE})" in sessions


def test_the_login_of_this_browser_is_not_among_them(idp: Idp) -> None:
    assert "You are not logged in in any other browser." in part(logged_in(idp).get(ACCOUNT), "sessions")


def test_ending_the_others_ends_them_on_every_worker_and_leaves_this_one(idp: Idp) -> None:
    other, here, somebody = logged_in(idp, "alice", OUTSIDE), logged_in(idp), logged_in(idp, "carol")
    worker = Idp.load(idp.conf, idp.clock)

    _end_others(here)

    cookie = other.client.get_cookie("__Host-warifu_session", domain="idp.example.ac.jp")
    assert cookie is not None
    assert worker.site.sessions.find(cookie.value, idp.clock()) is None
    worker.close()
    assert [_is_logged_in(each) for each in (other, here, somebody)] == [False, True, True]
    assert other.visit(SP).name == "password"


def test_it_is_written_to_the_audit_log(idp: Idp) -> None:
    logged_in(idp, "alice", OUTSIDE)
    _end_others(logged_in(idp))

    assert '"event": "LOGOUT_OTHERS"' in (idp.conf / "log" / "audit.json").read_text().replace('":"', '": "')


def test_s07_another_sites_form_ends_nothing(idp: Idp) -> None:
    other, here, somebody = logged_in(idp, "alice", OUTSIDE), logged_in(idp), logged_in(idp, "carol")
    hers = somebody.get(ACCOUNT).hidden

    for fields in ({}, {"csrf_token": "0.00"}, hers):
        assert here.post(SESSIONS, fields).status == 403
    assert here.post(SESSIONS, here.get(ACCOUNT).hidden, headers={"Origin": "https://evil.example"}).status == 403

    assert _is_logged_in(other)


def test_a_form_left_open_by_another_person_ends_nothing(idp: Idp) -> None:
    logged_in(idp, "alice", OUTSIDE)
    other, shared = logged_in(idp, "carol"), logged_in(idp)
    left_open = shared.get(ACCOUNT).hidden
    shared.client.delete_cookie("__Host-warifu_session", domain="idp.example.ac.jp")
    shared.log_in(shared.get(ACCOUNT), "carol", password_of("carol"))

    assert shared.post(SESSIONS, left_open).status == 403
    assert _is_logged_in(other)


def test_who_is_not_logged_in_ends_nothing_and_is_asked_who_they_are(idp: Idp) -> None:
    other, here = logged_in(idp, "alice", OUTSIDE), logged_in(idp)
    hidden = here.get(ACCOUNT).hidden
    here.client.delete_cookie("__Host-warifu_session", domain="idp.example.ac.jp")

    assert here.post(SESSIONS, hidden).name == "password"
    assert _is_logged_in(other)


def test_a_login_under_way_goes_on_after_the_others_were_ended(idp: Idp) -> None:
    begun = idp.browser()
    page = begun.visit(SP)
    logged_in(idp, "alice", OUTSIDE)
    _end_others(logged_in(idp))

    assert begun.judged(begun.log_in(page, "alice", password_of("alice")), SP).sub_status is None
