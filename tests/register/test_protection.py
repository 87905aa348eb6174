"""Nobody registers an app for somebody else, and no key is seen twice (security.md T-31 to T-36, S-07)."""

import re
from base64 import b32encode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from idp.core.codes import Code
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.slapd import RunningSlapd
from tests.parts.slapd import person as person_of
from tests.register.steps import (
    ACCOUNT,
    REGISTER,
    RESET,
    binding_of,
    credentials_of,
    events_of,
    key_of,
    password_of,
    prove_password,
    secrets_of,
    someone,
)


def _texts(key: bytes) -> list[bytes]:
    return [key, key.hex().encode(), b32encode(key).rstrip(b"=")]


def _decoded(content: bytes) -> bytes:
    """Give the content and, after it, what stands in it as base64url."""
    runs = re.findall(rb"[A-Za-z0-9_-]{24,}", content)
    return b"\n".join([content, *(urlsafe_b64decode(run[: len(run) // 4 * 4]) for run in runs)])


def test_t31_the_page_of_the_key_is_kept_by_nobody(idp: Idp) -> None:
    page = someone(idp).open()

    assert page.response.headers["Cache-Control"] == "no-store"
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    sources = re.findall(r"""<(?:img|script|link)[^>]+(?:src|href)="([^"]+)""", page.html)
    assert [each[:5] for each in sources if not each.startswith("/idp/static/")] == ["data:"]


def test_t31_the_key_is_in_no_file_while_it_is_pending_and_in_no_log_ever(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    page = person.browser.submit(page, "register", tokencode=person.code(steps=5))
    assert person.key is not None
    files = [file for folder in ("state", "log") for file in Path(idp.conf, folder).iterdir()]
    assert len(files) > 2

    for content in (_decoded(file.read_bytes()) for file in files):
        assert not any(text in content for text in _texts(person.key.reveal()))
        assert b"otpauth" not in content
    person.register(page)
    for file in Path(idp.conf, "log").iterdir():
        assert not any(text in file.read_bytes() for text in _texts(person.key.reveal()))
        assert person.code().encode() not in file.read_bytes()


def test_t31_after_the_confirmation_the_key_is_never_shown_again(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    person.register(page)
    assert person.key is not None
    text = b32encode(person.key.reveal()).decode()

    for again in (person.browser.get(page.action), person.browser.get(REGISTER), person.open()):
        assert text not in again.html
    assert person.browser.get(page.action).name == "account"


def test_t31_the_page_seen_again_shows_the_same_key_in_the_same_browser_alone(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())

    assert key_of(person.browser.get(page.action)) == person.key
    other = idp.browser(CAMPUS).get(page.action)
    assert (other.status, other.code) == (403, Code.OTHER_BROWSER)


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
        {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "state": "31323334"},
        {"data-key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "offer": "x"},
    ],
)
def test_t32_a_key_is_never_taken_from_the_client(idp: Idp, fields: Mapping[str, str]) -> None:
    person = someone(idp)
    page = person.open()

    page = person.browser.submit(page, "register", tokencode=idp.code(), **fields)

    assert (page.name, page.code) == ("register", Code.WRONG_FIRST_CODE)
    assert credentials_of(idp) == ()


@pytest.mark.parametrize("event", ["register", "reset"])
@pytest.mark.parametrize(
    ("change", "headers"),
    [
        pytest.param({"csrf_token": None}, {}, id="S-07-without-a-token"),
        pytest.param({"csrf_token": "7." + "0" * 64}, {}, id="S-07-foreign-token"),
        pytest.param({}, {"Origin": "https://evil.example"}, id="S-07-foreign-origin"),
    ],
)
def test_t32_another_sites_form_registers_and_resets_nothing(
    idp: Idp, event: str, change: Mapping[str, str | None], headers: Mapping[str, str]
) -> None:
    person = someone(idp)
    person.register()
    before = secrets_of(idp)
    page = person.open(REGISTER if event == "register" else RESET)
    code = person.code(key=key_of(page)) if event == "register" else ""
    fields = {**page.hidden, "tokencode": code, f"_eventId_{event}": ""} | change
    sent = {name: value for name, value in fields.items() if value is not None}

    answer = person.browser.post(page.action, sent, headers=dict(headers))

    assert (answer.status, answer.code) == (403, Code.FORM_FORGED)
    assert secrets_of(idp) == before


def test_t32_the_token_of_one_browser_or_conversation_is_none_of_another(idp: Idp) -> None:
    victim, attacker = someone(idp), someone(idp, "bob")
    mine = attacker.scan(attacker.open())
    theirs = victim.open()

    for browser, action, hidden in (
        (victim.browser, theirs.action, mine.hidden),
        (attacker.browser, theirs.action, mine.hidden),
        (victim.browser, mine.action, mine.hidden),
    ):
        answer = browser.post(action, {**hidden, "tokencode": attacker.code(), "_eventId_register": ""})
        assert answer.status == 403
    assert credentials_of(idp) == ()


def test_t33_with_a_stolen_password_nothing_is_registered_outside(idp: Idp) -> None:
    thief = someone(idp, address=CAMPUS)
    page = thief.scan(thief.open())
    thief.browser.address = OUTSIDE

    answer = thief.browser.submit(page, "register", tokencode=thief.code())

    assert (answer.status, answer.code) == (403, Code.NOT_FROM_HERE)
    assert credentials_of(idp) == ()
    refusal = next(each for each in events_of(idp) if each.get("rule") == "register elsewhere")
    assert (refusal["decision"], refusal["username"], refusal["network"]) == ("refused", "carol", "outside")


def test_n04_the_rule_is_that_of_the_moment_of_registering(strict: Idp) -> None:
    person, other = someone(strict), someone(strict)
    page = person.scan(person.open())
    other.register()

    answer = person.browser.submit(page, "register", tokencode=person.code())

    assert answer.name == "totp"
    assert secrets_of(strict) == [other.key]


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_t33_a_session_registers_nothing(idp: Idp, path: str) -> None:
    person = someone(idp)
    person.open(ACCOUNT)
    assert person.browser.get(ACCOUNT).name == "account"

    assert person.browser.get(path).name == "password"


def test_t33_what_cannot_be_written_down_is_not_done(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    log = Path(idp.conf, "log", "audit.log")
    log.unlink(missing_ok=True)
    log.mkdir()
    idp.site.audit.close()

    answer = person.browser.submit(page, "register", tokencode=person.code())

    assert answer.status == 503
    assert credentials_of(idp) == ()


def test_t34_the_old_app_works_until_the_new_one_is_confirmed_and_then_no_more(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    old = person.key
    page = person.open()
    assert key_of(page) != old
    assert person.log_in(code=person.code(steps=3, key=old)).name == "post"

    person.register(page)

    assert person.log_in(code=person.code(steps=3, key=old)).saml_response is None
    assert person.log_in().name == "post"


def test_t34_of_two_that_register_one_after_the_other_the_last_is_valid(idp: Idp) -> None:
    first, second = someone(idp), someone(idp)
    one, two = first.scan(first.open()), second.scan(second.open())
    assert first.browser.submit(one, "register", tokencode=first.code()).name == "account"

    answer = second.browser.submit(two, "register", tokencode=second.code())

    assert 'data-done="replace"' in answer.html
    assert secrets_of(idp) == [second.key]
    decisions = [(each["decision"], each["binding"]) for each in events_of(idp) if each.get("binding")]
    assert [each for each in decisions if each[0] != "started"] == [
        ("registered", "campus-first"),
        ("replaced", "campus-replaced"),
    ]


def test_t34_who_registers_what_was_looked_at_before_is_told_so(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = someone(idp), someone(idp)
    page = second.scan(second.open())
    enrol = idp.site.registrations.enrol

    def meanwhile(*given: object) -> bool:
        monkeypatch.undo()
        first.register()
        return enrol(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(idp.site.registrations, "enrol", meanwhile)

    answer = second.browser.submit(page, "register", tokencode=second.code())

    assert (answer.status, answer.code) == (409, Code.OTHER_WAS_FIRST)
    assert secrets_of(idp) == [first.key]
    assert events_of(idp)[-1]["code"] == Code.OTHER_WAS_FIRST


def test_t02_a_form_sent_twice_registers_once(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    person.register(page)
    before = credentials_of(idp)
    idp.clock.advance(seconds=30)

    again = person.browser.submit(page, "register", tokencode=person.code())

    assert again.name == "account"
    assert credentials_of(idp) == before


def test_t35_what_is_abandoned_shows_as_not_registered(idp: Idp) -> None:
    person = someone(idp)
    person.scan(person.open())

    assert 'data-registered="no"' in person.open(ACCOUNT).html
    assert person.log_in().code == Code.APP_NOT_REGISTERED


def test_t35_an_offer_lives_ten_minutes(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    idp.clock.advance(minutes=10, seconds=-1)
    assert key_of(person.browser.get(page.action)) == person.key
    idp.clock.advance(seconds=1)

    late = person.browser.submit(page, "register", tokencode=person.code())

    assert (late.name, late.code) == ("register", Code.OFFER_EXPIRED)
    assert key_of(late) != person.key
    assert credentials_of(idp) == ()
    assert person.register(late).name == "account"


def test_t35_an_abandoned_replacement_leaves_the_old_app(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    old = person.key
    person.scan(person.open())
    idp.clock.advance(minutes=16)

    assert person.log_in(code=person.code(key=old, steps=3)).name == "post"


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_t36_with_the_password_alone_nothing_is_replaced_or_reset(strict: Idp, path: str) -> None:
    person = someone(strict)
    person.register()
    old = person.key
    thief = someone(strict)

    page = thief.open(path)

    assert page.name == "totp"
    for event in ("register", "reset", "proceed"):
        page = thief.browser.submit(page, event, tokencode="000000")
        assert page.name == "totp"
    assert secrets_of(strict) == [old]


def test_t36_with_the_present_code_it_is_replaced_and_as_strong_as_before(strict: Idp) -> None:
    person = someone(strict)
    person.register()
    strict.clock.advance(seconds=30)

    page = person.open(code=person.code())
    assert page.name == "register"
    assert person.register(page).name == "account"

    assert binding_of(strict) == "factor"
    assert person.log_in(authn_context_class_refs=("https://refeds.org/profile/mfa",)).name == "post"


def test_t36_a_disabled_account_registers_nothing(idp: Idp, own_slapd: RunningSlapd) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    own_slapd.server.apply(
        f"dn: {person_of('carol').dn}\nchangetype: modify\n"
        "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n"
    )
    idp.clock.advance(seconds=5)

    answer = person.browser.submit(page, "register", tokencode=person.code())

    assert answer.name == "password"
    assert credentials_of(idp) == ()


def test_t05_wrong_codes_at_registration_are_counted_with_those_of_the_login(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    for _ in range(5):
        page = person.browser.submit(page, "register", tokencode=person.code(steps=500))
        assert page.code == Code.WRONG_FIRST_CODE

    page = person.browser.submit(page, "register", tokencode=person.code())

    assert (page.name, page.code) == ("register", Code.TOO_MANY_CODES)
    assert "5 minutes" in page.html
    assert credentials_of(idp) == ()
    idp.clock.advance(minutes=5)
    assert person.register(page).name == "account"


def test_s04_an_errand_is_no_login_and_a_login_no_errand(idp: Idp) -> None:
    person = someone(idp)
    handle = person.open().action.partition("=")[2]

    page = person.browser.get(f"/idp/profile/SAML2/Redirect/SSO?execution={handle}")
    assert (page.status, page.code) == (410, Code.CONVERSATION_EXPIRED)
    login = person.browser.get("/idp/account/").action
    assert login


MOVES: dict[str, Callable[[Browser, Page], Page]] = {
    "head": lambda browser, page: browser.request("HEAD", page.action),
    "unknown": lambda browser, page: browser.get(f"{REGISTER}?execution={'0' * 64}"),
    "two": lambda browser, page: browser.get(f"{page.action}&execution={'0' * 64}"),
    "short": lambda browser, page: browser.get(f"{REGISTER}?execution=1"),
}


@pytest.mark.parametrize("move", MOVES)
def test_t22_nothing_but_the_step_that_is_asked_moves_a_registration(idp: Idp, move: str) -> None:
    person = someone(idp)
    page = person.scan(person.open())

    assert MOVES[move](person.browser, page).status >= 400

    assert key_of(person.browser.get(page.action)) == person.key


def test_the_form_of_a_step_that_is_over_leads_to_where_things_stand(idp: Idp) -> None:
    person = someone(idp)
    first = person.browser.get(REGISTER)
    page = prove_password(person.browser, first)

    again = person.browser.submit(first, j_username="carol", j_password=password_of("carol"))

    assert key_of(again) == key_of(page)
