"""What is kept of a login: who, from where, where to, how; written once it succeeded (people.md 5)."""

from idp.flow.history import Login
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, single_factor, two_factors
from tests.parts.site import OUTSIDE, Idp


def _logins(idp: Idp, username: str = "alice") -> tuple[Login, ...]:
    person = idp.site.directory.find(username)
    assert person is not None
    return idp.site.history.recent(person.id, idp.clock())


def test_a_login_is_noted_with_its_service_network_and_methods(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    browser.judged(two_factors(idp, browser), SP)

    [login] = _logins(idp)
    assert (login.at, login.entity_id, login.network, login.address, login.methods, login.reused) == (
        idp.clock(),
        SP.entity_id,
        "outside",
        OUTSIDE,
        ("password", "totp"),
        False,
    )


def test_a_session_is_noted_once_for_each_service_provider(idp: Idp) -> None:
    browser = idp.browser()
    browser.judged(single_factor(browser), SP)
    for sp in (OTHER_SP, SP, OTHER_SP):
        idp.clock.advance(seconds=10)
        browser.judged(browser.visit(sp), sp)

    assert [(login.entity_id, login.reused) for login in _logins(idp)] == [
        (OTHER_SP.entity_id, True),
        (SP.entity_id, False),
    ]
    assert len({login.session for login in _logins(idp)}) == 1


def test_what_does_not_succeed_is_no_login(idp: Idp) -> None:
    browser = idp.browser()
    browser.submit(browser.visit(SP, authn_context_class_refs=(MFA,)), j_username="alice", j_password=PASSWORD)
    idp.browser().log_in(browser.visit(SP), "alice", "not the password")

    assert _logins(idp) == ()


def test_a_login_to_the_account_page_is_noted_without_a_service(idp: Idp) -> None:
    browser = idp.browser()
    browser.log_in(browser.get("/idp/account/"), "alice", PASSWORD)
    browser.get("/idp/account/")

    assert [login.entity_id for login in _logins(idp)] == [""]
