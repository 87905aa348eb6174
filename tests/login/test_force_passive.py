"""ForceAuthn asks for everything anew, IsPassive asks for nothing (security.md A-36; SAML Core 3.4.1)."""

from dataclasses import replace

import pytest

from idp.plugin import Outcome, Tools, Visit
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, PPT, SESSION, TIME_SYNC, cookie, single_factor, two_factors
from tests.parts.site import OUTSIDE, Idp


def test_a36_force_authn_asks_for_the_password_of_a_live_session_again(idp: Idp) -> None:
    browser = idp.browser()
    first = browser.judged(single_factor(browser), SP)
    idp.clock.advance(minutes=5)

    page = browser.visit(SP, force_authn=True)
    assert page.name == "password"
    answer = browser.judged(browser.log_in(page, "alice", PASSWORD), SP)

    assert answer.the_assertion.authn_instant == idp.clock() > first.the_assertion.authn_instant
    assert answer.authn_context == PPT


def test_a36_force_authn_asks_for_every_factor(idp: Idp) -> None:
    browser = idp.browser()
    two_factors(idp, browser)
    idp.clock.advance(minutes=5)

    page = browser.visit(SP, force_authn=True, authn_context_class_refs=(MFA,))
    names = [page.name]
    for event, fields in (
        ("proceed", {"j_username": "alice", "j_password": PASSWORD}),
        ("totp", {}),
        ("proceed", {"tokencode": idp.code()}),
    ):
        assert page.saml_response is None
        page = browser.submit(page, event, **fields)
        names.append(page.name)

    assert names == ["password", "certificate", "totp", "post"]
    judged = browser.judged(page, SP)
    assert (judged.authn_context, judged.the_assertion.authn_instant) == (MFA, idp.clock())


def test_a36_force_authn_begun_and_left_gives_nothing_to_the_next_request(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    page = browser.visit(SP, force_authn=True, authn_context_class_refs=(TIME_SYNC,))
    browser.submit(page, j_username="alice", j_password=PASSWORD)

    assert browser.visit(OTHER_SP, force_authn=True).name == "password"
    assert browser.visit(OTHER_SP, authn_context_class_refs=(TIME_SYNC,)).name == "totp"


def test_a36_another_person_may_answer_a_forced_login_and_owns_the_session_then(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)
    before = cookie(browser, SESSION)

    answer = browser.log_in(browser.visit(SP, force_authn=True), "bob", "bob's Password 2")

    assert browser.judged(answer, SP).friendly["uid"] == ("bob",)
    assert browser.judged(browser.visit(OTHER_SP), OTHER_SP).friendly["uid"] == ("bob",)
    assert idp.site.sessions.find(before, idp.clock()) is None


@pytest.mark.parametrize("force", [pytest.param(True, id="A-36-forced"), pytest.param(None, id="A-36-not-forced")])
def test_every_method_is_told_whether_it_is_forced(idp: Idp, force: bool | None) -> None:
    seen: dict[str, set[bool]] = {}

    class Recording:
        def __init__(self, name: str, method: object) -> None:
            self._name, self._method = name, method

        def begin(self, visit: Visit, tools: Tools) -> Outcome:
            seen.setdefault(self._name, set()).add(visit.force)
            return self._method.begin(visit, tools)

        def identify(self, visit: Visit, tools: Tools) -> object:
            return self._method.identify(visit, tools)

        def resume(self, visit: Visit, tools: Tools) -> Outcome:
            seen.setdefault(self._name, set()).add(visit.force)
            return self._method.resume(visit, tools)

    methods = idp.site.engine._methods
    for name, enabled in methods.items():
        methods[name] = replace(enabled, method=Recording(name, enabled.method))

    two_factors(idp, idp.browser(OUTSIDE), authn_context_class_refs=(MFA,), force_authn=force)

    assert seen == {name: {bool(force)} for name in ("password", "clientcert", "totp")}


@pytest.mark.parametrize(
    ("session", "options", "status"),
    [
        pytest.param(False, {}, ("Responder", "NoPassive"), id="A-36-passive-without-a-session"),
        pytest.param(True, {}, ("Success", None), id="A-36-passive-with-a-session"),
        pytest.param(True, {"force_authn": True}, ("Responder", "NoPassive"), id="A-36-both"),
        pytest.param(False, {"force_authn": True}, ("Responder", "NoPassive"), id="A-36-both-without-a-session"),
        pytest.param(
            True,
            {"authn_context_class_refs": (MFA,)},
            ("Responder", "NoPassive"),
            id="A-36-passive-step-up",
        ),
    ],
)
def test_a_passive_request_shows_no_page(
    idp: Idp, session: bool, options: dict[str, object], status: tuple[str, str | None]
) -> None:
    browser = idp.browser()
    if session:
        single_factor(browser)

    judged = browser.judged(browser.visit(SP, is_passive=True, **options), SP)

    assert (judged.status, judged.sub_status) == status
    assert (judged.assertion is not None) == (status[0] == "Success")


def test_a36_an_app_that_cannot_answer_passively_is_asked_once_the_person_is_there(idp: Idp) -> None:
    browser = idp.browser()
    assert browser.judged(browser.visit(SP, is_passive=True), SP).sub_status == "NoPassive"

    assert browser.visit(SP).name == "password"
