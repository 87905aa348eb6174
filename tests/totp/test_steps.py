"""Nobody gets past a step but by what it asks for (security.md T-08, T-20, T-22 to T-24, T-26, T-27)."""

import json
from urllib.parse import urlencode

import pytest

from idp.core.codes import Code
from tests.login.conftest import OTHER_SP, SP
from tests.parts.logs import read_json_lines
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import (
    BOBS_SEED,
    ask_code,
    at_code,
    is_refusal,
    is_success,
    password_of,
    prove_password,
)
from tests.parts.slapd import RunningSlapd

STEPS = ("password", "certificate", "totp")


def at_step(idp: Idp, name: str) -> tuple[Browser, Page]:
    """Give a browser outside and the page of a step."""
    browser = idp.browser(OUTSIDE)
    if name == "password":
        return browser, browser.visit(SP)
    return browser, prove_password(browser) if name == "certificate" else ask_code(browser)


def test_t20_the_code_of_another_person_finishes_nobodys_login(idp: Idp) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    browser, page = at_code(idp, "alice")

    answer = browser.submit(page, tokencode=idp.code(seed=BOBS_SEED))

    assert is_refusal(answer, Code.WRONG_CODE)
    bob, page = at_code(idp, "bob")
    assert is_success(bob.submit(page, tokencode=idp.code(seed=BOBS_SEED)))


@pytest.mark.parametrize("field", ["j_username", "username", "subject", "person"])
def test_t20_the_person_cannot_be_changed_between_steps(idp: Idp, field: str) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    browser, page = at_code(idp, "alice")

    other = browser.submit(page, tokencode=idp.code(seed=BOBS_SEED), **{field: "bob"})
    assert is_refusal(other, Code.WRONG_CODE)
    own = browser.submit(other, tokencode=idp.code(), **{field: "bob"})
    assert browser.judged(own, SP).friendly["uid"] == ("alice",)


def test_t20_a_form_of_one_login_does_not_fit_another(idp: Idp) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    alice, page_of_alice = at_code(idp, "alice")
    bob, page_of_bob = at_code(idp, "bob")

    for browser, page, action in ((bob, page_of_bob, page_of_alice.action), (alice, page_of_bob, page_of_alice.action)):
        answer = browser.post(action, {**page.hidden, "tokencode": idp.code(seed=BOBS_SEED)})
        assert answer.status == 403
        assert is_refusal(answer, Code.FORM_FORGED)


def test_t20_two_persons_in_two_tabs_of_one_browser_stay_apart(idp: Idp) -> None:
    idp.enrol("bob", seed=BOBS_SEED)
    browser = idp.browser(OUTSIDE)
    of_alice, of_bob = ask_code(browser, "alice"), ask_code(browser, "bob")
    swapped = browser.post(of_alice.action, {**of_bob.hidden, "tokencode": idp.code(seed=BOBS_SEED)})
    assert swapped.status == 403

    answer = browser.submit(of_alice, tokencode=idp.code())
    assert browser.judged(answer, SP).friendly["uid"] == ("alice",)
    wrong = browser.submit(of_bob, tokencode=idp.code(steps=1))
    assert is_refusal(wrong, Code.WRONG_CODE)
    answer = browser.submit(wrong, tokencode=idp.code(seed=BOBS_SEED))
    assert browser.judged(answer, SP).friendly["uid"] == ("bob",)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "body", ["T-22-empty", "T-22-token-only", "T-22-token-and-button", "T-22-json", "T-22-multipart"]
)
def test_a_form_without_evidence_leads_nowhere(idp: Idp, step: str, body: str) -> None:
    browser, page = at_step(idp, step)
    options: dict[str, object] = {
        "T-22-empty": {"data": b"", "content_type": "application/x-www-form-urlencoded"},
        "T-22-token-only": {"data": page.hidden},
        "T-22-token-and-button": {"data": {**page.hidden, "_eventId_proceed": ""}},
        "T-22-json": {
            "data": json.dumps({**page.hidden, "j_username": "alice", "j_password": password_of("alice")}),
            "content_type": "application/json",
        },
        "T-22-multipart": {
            "data": {**page.hidden, "j_username": "alice", "j_password": password_of("alice")},
            "content_type": "multipart/form-data",
        },
    }[body]  # type: ignore[assignment]

    answer = browser.request("POST", page.action, **options)

    assert answer.saml_response is None
    assert browser.get(page.action).name == step


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_t22_only_a_post_is_judged(idp: Idp, step: str, method: str) -> None:
    browser, page = at_step(idp, step)
    fields = {**page.hidden, "tokencode": idp.code(), "j_username": "alice", "j_password": password_of("alice")}

    body = browser.request(method, page.action, data=fields)
    query = browser.request(method, f"{page.action}&{urlencode(fields)}")

    for answer in (body, query):
        assert answer.saml_response is None
        assert answer.name in ({step} if method == "GET" else {"error", None})
    assert browser.get(page.action).name == step


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("cookie", [False, True], ids=["T-23-no-cookie", "T-23-other-cookie"])
def test_a_captured_step_is_worth_nothing_in_another_browser(idp: Idp, step: str, cookie: bool) -> None:
    _, page = at_step(idp, step)
    thief = idp.browser(OUTSIDE)
    if cookie:
        thief.visit(OTHER_SP)

    seen = thief.get(page.action)
    sent = thief.submit(page, tokencode=idp.code(), j_username="alice", j_password=password_of("alice"))

    assert is_refusal(seen, Code.OTHER_BROWSER)
    assert (seen.status, sent.status, sent.saml_response) == (403, 403, None)


def test_t24_after_the_password_alone_nobody_is_logged_in(idp: Idp) -> None:
    browser, _ = at_code(idp)

    assert browser.visit(OTHER_SP).name == "password"
    logout = browser.get("/idp/profile/Logout")
    assert (logout.name, logout.buttons) == ("logout", [])
    assert "alice" not in logout.html
    for path in ("/idp/account/", "/idp/account/register", "/idp/account/reset"):
        account = browser.get(path)
        assert account.name in {"password", "error"}
        assert "alice" not in account.html
    for path in ("/account", "/enrol", "/idp/profile/SAML2/Redirect/SSO/continue"):
        assert browser.get(path).status == 404
    assert all(cookie.key != "__Host-warifu_session" for cookie in browser.client._cookies.values())


def test_t24_what_campus_proved_is_not_enough_outside(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    assert is_success(prove_password(browser))
    browser.address = OUTSIDE

    page = browser.visit(OTHER_SP)

    assert page.name == "certificate"
    answer = browser.submit(browser.submit(page, "totp"), tokencode=idp.code())
    assert browser.judged(answer, OTHER_SP).friendly["uid"] == ("alice",)


@pytest.mark.parametrize(
    "event",
    ["matrix", "mailcode", "none", "skip", "password", "clientcert", "recovery", "T0TP", "return ", "__class__"],
)
def test_t26_no_button_leads_past_what_policy_wants(idp: Idp, event: str) -> None:
    browser, page = at_code(idp)

    answer = browser.submit(page, event)

    assert answer.saml_response is None
    assert browser.get(page.action).name in {"totp", "certificate"}


@pytest.mark.parametrize(
    "query", ["policy=none", "require=password", "network=campus", "lang=ja&two_factors=0", "authn=password"]
)
def test_t26_no_parameter_changes_the_policy(idp: Idp, query: str) -> None:
    browser, page = at_code(idp)
    legacy = {"User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0)", "X-Forwarded-For": CAMPUS, "X-Real-IP": CAMPUS}

    answer = browser.get(f"{page.action}&{query}", headers=legacy)

    assert answer.name == "totp"


def test_t27_the_second_step_cannot_be_first(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    page = browser.visit(SP)

    chosen = browser.submit(page, "totp", tokencode=idp.code())
    assert chosen.name == "password"
    sent = browser.submit(chosen, tokencode=idp.code(), j_username="alice")
    assert (sent.name, sent.saml_response) == ("password", None)
    assert browser.submit(page, tokencode=idp.code()).name == "password"


@pytest.mark.parametrize("execution", ["", "0" * 64, "e1s2", "../x", "0" * 63])
def test_t27_no_conversation_can_be_named_that_was_not_begun(idp: Idp, execution: str) -> None:
    answer = idp.browser(OUTSIDE).get(f"/idp/profile/SAML2/Redirect/SSO?execution={execution}")

    assert answer.status in {400, 410}
    assert answer.saml_response is None


def lock(slapd: RunningSlapd, username: str, *, locked: bool = True) -> None:
    change = "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z" if locked else ""
    slapd.server.apply(
        f"dn: uid={username},ou=people,dc=example,dc=ac,dc=jp\nchangetype: modify\n"
        f"{change or 'delete: pwdAccountLockedTime'}\n"
    )


def test_t08_a_lock_after_the_password_ends_the_login(idp: Idp, slapd: RunningSlapd) -> None:
    browser, page = at_code(idp)
    idp.clock.advance(seconds=5)
    lock(slapd, "alice")
    try:
        answer = browser.submit(page, tokencode=idp.code())
        assert (answer.name, answer.saml_response) == ("password", None)
        assert browser.visit(OTHER_SP).name == "password"
    finally:
        lock(slapd, "alice", locked=False)
    assert not [line for line in read_json_lines(idp.conf) if line["decision"] == "accepted"]


def test_t08_a_lock_ends_the_session_within_a_minute(idp: Idp, slapd: RunningSlapd) -> None:
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=idp.code()))
    lock(slapd, "alice")
    try:
        idp.clock.advance(seconds=61)
        assert browser.visit(OTHER_SP).name == "password"
    finally:
        lock(slapd, "alice", locked=False)
    assert browser.visit(OTHER_SP).name == "password"
