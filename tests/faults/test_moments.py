"""Ends between the steps, an audit stream that cannot be written, a clock that jumps (F-05, F-07, F-08)."""

from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.directory.credentials import LDAPCredentials
from tests.login.conftest import OTHER_SP, SP
from tests.parts.logs import read_json_lines
from tests.parts.site import CAMPUS, Browser, Idp, Page
from tests.parts.sites import (
    MakeIdp,
    another_worker,
    ask_code,
    at_code,
    go_on_at,
    is_refusal,
    is_success,
    password_of,
    prove_password,
)
from tests.parts.slapd import RunningSlapd

HOUR = 3600


class Killed(BaseException):
    """What ends a worker: nothing catches it on its way."""


def killed_at(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, *, after: bool) -> None:
    """End the worker before or after one of its operations."""
    operation = getattr(owner, name)

    def end(*given: object, **named: object) -> None:
        if after:
            operation(*given, **named)
        raise Killed(name)

    monkeypatch.setattr(owner, name, end)


def killed_while_sending(monkeypatch: pytest.MonkeyPatch, browser: Browser, page: Page, **fields: str) -> None:
    with pytest.raises(Killed):
        browser.submit(page, **fields)
    monkeypatch.undo()


@pytest.fixture
def pair(make_idp: MakeIdp, slapd: RunningSlapd) -> tuple[Idp, Idp]:
    """Two workers of one site."""
    idp = make_idp(slapd)
    return idp, another_worker(idp, make_idp, slapd)


def test_f05_a_login_goes_on_at_another_worker_after_the_password(pair: tuple[Idp, Idp]) -> None:
    first, second = pair
    browser, page = at_code(first)

    go_on_at(browser, second)

    assert browser.get(page.action).name == "totp"
    assert browser.judged(browser.submit(page, tokencode=second.code()), SP).friendly["uid"] == ("alice",)


def test_f05_killed_before_the_code_is_recorded_it_is_still_good(
    pair: tuple[Idp, Idp], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    browser, page = at_code(first)
    killed_at(monkeypatch, LDAPCredentials, "swap", after=False)
    killed_while_sending(monkeypatch, browser, page, tokencode=first.code())

    page = go_on_at(browser, second).get(page.action)
    assert page.name == "totp"
    assert is_success(browser.submit(page, tokencode=second.code()))


@pytest.mark.parametrize("where", ["F-05-after-the-record", "F-05-while-signing", "F-05-after-signing"])
def test_killed_after_the_code_is_recorded_the_next_one_is_wanted(
    pair: tuple[Idp, Idp], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    first, second = pair
    browser, page = at_code(first)
    used = first.code()
    owner, name = {
        "F-05-after-the-record": (LDAPCredentials, "swap"),
        "F-05-while-signing": (type(first.site.writer), "success"),
        "F-05-after-signing": (type(first.site.writer), "success"),
    }[where]
    killed_at(monkeypatch, owner, name, after=where != "F-05-while-signing")
    killed_while_sending(monkeypatch, browser, page, tokencode=used)

    page = go_on_at(browser, second).get(page.action)
    assert page.name == "totp"
    page = browser.submit(page, tokencode=used)
    assert is_refusal(page, Code.WRONG_CODE)
    second.clock.advance(seconds=30)
    assert is_success(browser.submit(page, tokencode=second.code()))
    assert [line["decision"] for line in read_json_lines(first.conf)] == ["wrong", "accepted"]


@pytest.mark.parametrize("name", ["begin", "find"])
def test_f05_killed_around_the_session_there_is_no_second_answer(
    pair: tuple[Idp, Idp], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first, second = pair
    browser, page = at_code(first)
    killed_at(monkeypatch, type(first.site.sessions), name, after=True)
    killed_while_sending(monkeypatch, browser, page, tokencode=first.code())

    answer = go_on_at(browser, second).get(page.action)

    assert answer.saml_response is None
    assert browser.visit(OTHER_SP).name == "password"


@pytest.mark.parametrize("name", ["audit.log", "audit.json"])
def test_f07_what_cannot_be_recorded_is_not_answered(make_idp: MakeIdp, slapd: RunningSlapd, name: str) -> None:
    idp = make_idp(slapd, replace=((f'"log/{name}"', '"/dev/full"'),))
    browser, page = at_code(idp)

    answer = browser.submit(page, tokencode=idp.code())

    assert (answer.status, answer.code, answer.saml_response) == (503, Code.AUDIT_DOWN, None)
    assert browser.visit(OTHER_SP).name == "password"
    refused = browser.submit(ask_code(browser), tokencode="000000")
    assert (refused.status, refused.code) == (503, Code.AUDIT_DOWN)


def test_f07_when_the_disk_has_room_again_logins_go_on(make_idp: MakeIdp, slapd: RunningSlapd, tmp_path: Path) -> None:
    link = tmp_path / "audit"
    link.symlink_to("/dev/full")
    idp = make_idp(slapd, replace=(('"log/audit.log"', f'"{link}"'),))
    assert prove_password(idp.browser(CAMPUS)).code == Code.AUDIT_DOWN

    link.unlink()

    assert is_success(prove_password(idp.browser(CAMPUS)))
    assert len(link.read_text().splitlines()) == 1


def test_f07_a_site_may_choose_to_go_on_without_a_record(
    make_idp: MakeIdp, slapd: RunningSlapd, capfd: pytest.CaptureFixture[str]
) -> None:
    changes = (('"log/audit.log"', '"/dev/full"'), ("# required = true", "required = false"))
    idp = make_idp(slapd, replace=changes)

    assert is_success(prove_password(idp.browser(CAMPUS)))
    said = capfd.readouterr().err
    assert "alice" in said
    assert "audit_not_written" in said


@pytest.mark.parametrize("back", [40, HOUR, 24 * HOUR], ids=lambda back: f"F-08-back-{back}-s")
def test_a_clock_set_back_opens_no_used_code(idp: Idp, back: int) -> None:
    used = [idp.code(steps=-1), idp.code()]
    for code in used:
        browser, page = at_code(idp)
        assert is_success(browser.submit(page, tokencode=code))

    idp.clock.advance(seconds=-back)
    for code in (*used, idp.code(), idp.code(steps=-1)):
        browser, page = at_code(idp)
        assert is_refusal(browser.submit(page, tokencode=code), Code.WRONG_CODE)
    idp.clock.advance(seconds=back + 30)
    idp.clock.advance(seconds=300)
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=idp.code()))


@pytest.mark.parametrize("ahead", [HOUR + 1, 24 * HOUR], ids=lambda ahead: f"F-08-ahead-{ahead}-s")
def test_a_session_that_ended_stays_ended_when_the_clock_goes_back(idp: Idp, ahead: int) -> None:
    browser = idp.browser(CAMPUS)
    assert is_success(prove_password(browser))
    idp.clock.advance(seconds=ahead)
    assert browser.visit(OTHER_SP).name == "password"

    idp.clock.advance(seconds=-ahead)

    assert browser.visit(OTHER_SP).name == "password"


@pytest.mark.parametrize("back", [40, HOUR], ids=lambda back: f"F-08-back-{back}-s")
def test_a_logout_stays_a_logout_when_the_clock_goes_back(idp: Idp, back: int) -> None:
    browser = idp.browser(CAMPUS)
    assert is_success(prove_password(browser))
    browser.submit(browser.get("/idp/profile/Logout"))

    idp.clock.advance(seconds=-back)

    assert browser.visit(OTHER_SP).name == "password"


def test_f08_an_answered_request_stays_answered_when_the_clock_goes_back(idp: Idp) -> None:
    sent = idp.clock()
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP, id="_once", issue_instant=sent)
    assert is_success(browser.submit(page, j_username="alice", j_password=password_of("alice")))

    for seconds in (-40, 40, 170):
        idp.clock.advance(seconds=seconds)
        assert is_refusal(browser.visit(SP, id="_once", issue_instant=sent), Code.REQUEST_REPLAYED)


def test_f08_a_leap_of_an_hour_and_back_does_not_lose_the_count_of_wrong_codes_in_the_directory(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    page = browser.submit(page, tokencode="000000")
    for seconds in (HOUR, -HOUR):
        idp.clock.advance(seconds=seconds)
        browser, page = at_code(idp)
        browser.submit(page, tokencode="000000")

    assert "oathFailureCount: 3" in own_slapd.server.dump()
