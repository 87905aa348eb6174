"""A session is worth what the person's entry says now: it is read again once it is a minute old (T-08, design 5)."""

from collections.abc import Iterator

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import SESSION, cookie, is_session_live, somebody
from tests.parts.site import OUTSIDE, Browser, Idp
from tests.parts.slapd import RunningSlapd

SECRET = "a Password of 2026"
CHANGES = {
    "locked": "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n",
    "ended": "replace: pwdEndTime\npwdEndTime: 20200101000000Z\n",
    "must-change": "replace: pwdReset\npwdReset: TRUE\n",
}


@pytest.fixture
def eve(slapd: RunningSlapd) -> Iterator[str]:
    with somebody(slapd, "eve", SECRET) as dn:
        yield dn


def _change(slapd: RunningSlapd, dn: str, change: str) -> None:
    if change == "removed":
        slapd.server.apply(f"dn: {dn}\nchangetype: delete\n")
    else:
        slapd.server.apply(f"dn: {dn}\nchangetype: modify\n{CHANGES[change]}")


def _logged_in(idp: Idp) -> Browser:
    browser = idp.browser()
    assert browser.judged(browser.log_in(browser.visit(SP), "eve", SECRET), SP).friendly["uid"] == ("eve",)
    return browser


every_change = pytest.mark.parametrize("change", [*CHANGES, "removed"])


@every_change
def test_t08_an_account_out_of_use_gets_no_assertion_on_a_live_session(
    idp: Idp, slapd: RunningSlapd, eve: str, change: str
) -> None:
    browser = _logged_in(idp)
    session = cookie(browser, SESSION)
    _change(slapd, eve, change)
    idp.clock.advance(seconds=60)

    page = browser.visit(OTHER_SP)

    assert (page.name, page.saml_response) == ("password", None)
    assert not is_session_live(idp, session)
    again = browser.submit(page, j_username="eve", j_password=SECRET)
    assert (again.saml_response, again.code in {"A101", "A106"}) == (None, True)


@every_change
def test_t08_a_passive_request_of_an_account_out_of_use_is_no_passive(
    idp: Idp, slapd: RunningSlapd, eve: str, change: str
) -> None:
    browser = _logged_in(idp)
    _change(slapd, eve, change)
    idp.clock.advance(seconds=60)

    judged = browser.judged(browser.visit(OTHER_SP, is_passive=True), OTHER_SP)

    assert (judged.sub_status, judged.assertion) == ("NoPassive", None)


@every_change
def test_t08_an_account_locked_between_the_password_and_the_code_gets_no_assertion(
    idp: Idp, slapd: RunningSlapd, eve: str, change: str
) -> None:
    idp.enrol("eve")
    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="eve", j_password=SECRET)
    page = browser.submit(page, "totp")
    _change(slapd, eve, change)
    idp.clock.advance(seconds=2)

    page = browser.submit(page, tokencode=idp.code())

    assert page.saml_response is None
    assert cookie(browser, SESSION) is None


def test_an_account_in_use_again_logs_in_again(idp: Idp, slapd: RunningSlapd, eve: str) -> None:
    browser = _logged_in(idp)
    _change(slapd, eve, "locked")
    idp.clock.advance(seconds=60)
    page = browser.visit(OTHER_SP)
    slapd.server.apply(f"dn: {eve}\nchangetype: modify\ndelete: pwdAccountLockedTime\n")
    idp.clock.advance(seconds=60)

    assert browser.judged(browser.log_in(page, "eve", SECRET), OTHER_SP).friendly["uid"] == ("eve",)


def test_attributes_are_those_of_the_last_minute(idp: Idp, slapd: RunningSlapd, eve: str) -> None:
    browser = _logged_in(idp)
    slapd.server.apply(f"dn: {eve}\nchangetype: modify\nreplace: mail\nmail: new@example.ac.jp\n")
    idp.clock.advance(seconds=59)
    assert browser.judged(browser.visit(SP), SP).friendly["mail"] == ("eve@example.ac.jp",)
    idp.clock.advance(seconds=1)

    assert browser.judged(browser.visit(SP), SP).friendly["mail"] == ("new@example.ac.jp",)


def test_w09_a_person_who_is_renamed_stays_the_same_person(idp: Idp, slapd: RunningSlapd, eve: str) -> None:
    browser = _logged_in(idp)
    slapd.server.apply(f"dn: {eve}\nchangetype: modrdn\nnewrdn: uid=eva\ndeleteoldrdn: 1\n")
    idp.clock.advance(seconds=60)
    try:
        assert browser.judged(browser.visit(SP), SP).friendly["uid"] == ("eva",)
    finally:
        renamed = eve.replace("uid=eve", "uid=eva")
        slapd.server.apply(f"dn: {renamed}\nchangetype: modrdn\nnewrdn: uid=eve\ndeleteoldrdn: 1\n")


def test_a_name_given_to_somebody_new_inherits_no_session(idp: Idp, slapd: RunningSlapd, eve: str) -> None:
    browser = _logged_in(idp)
    slapd.server.apply(f"dn: {eve}\nchangetype: delete\n")
    with somebody(slapd, "eve", "another Password of 2026"):
        idp.clock.advance(seconds=60)

        assert browser.visit(SP).name == "password"
