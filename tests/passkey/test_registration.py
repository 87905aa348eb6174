"""Registering passkeys on the account page: by the errands' rules, several, named, taken away, told of by mail."""

import pytest

from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.smtp import PostOffice
from tests.passkey.authenticator import UP, SoftKey
from tests.passkey.conftest import SP, Desk, MakeIdp
from tests.passkey.steps import options_of, prove_password, send, use

REGISTER = "/idp/account/register?method=passkey"
ACCOUNT = "/idp/account/"


def open_register(browser: Browser, key: SoftKey | None = None, username: str = "carol") -> Page:
    """Go to the page; `key` is one registered already, where the rule wants it."""
    page = prove_password(browser, browser.get(REGISTER), username)
    return use(browser, page, key) if page.name == "passkey" and key is not None else page


def register(browser: Browser, page: Page, key: SoftKey, label: str = "phone") -> Page:
    assert page.name == "register", (page.status, page.name, page.code)
    return send(browser, page, {**key.create(options_of(page)), "label": label}, "register")


def test_seed_01_on_campus_the_password_is_enough_for_the_first(desk: Desk) -> None:
    browser, key = desk.idp.browser(CAMPUS), SoftKey()

    page = register(browser, open_register(browser), key)

    assert (page.name, 'data-done="register"' in page.html) == ("account", True)
    (passkey,) = desk.passkeys("carol")
    assert (passkey.label, passkey.binding, passkey.key.transports) == ("phone", "campus-first", ("hybrid", "internal"))
    outside = desk.idp.browser(OUTSIDE)
    assert use(outside, outside.submit(outside.visit(SP), "passkey"), key).saml_response is not None


def test_seed_05_elsewhere_it_is_refused(desk: Desk) -> None:
    page = desk.idp.browser(OUTSIDE).get(REGISTER)

    assert (page.name, page.code) == ("error", "E201")


def test_a_further_one_wants_one_that_stands(desk: Desk) -> None:
    browser, first, second = desk.idp.browser(CAMPUS), desk.register("carol"), SoftKey()
    page = prove_password(browser, browser.get(REGISTER))
    assert page.name == "passkey"

    page = register(browser, use(browser, page, first), second, "PC")

    assert page.name == "account"
    assert "phone" in page.html
    assert "PC" in page.html
    assert [each.binding for each in desk.passkeys("carol")] == ["campus-first", "factor"]


def test_with_a_passkey_alone_one_comes_to_the_page_too(desk: Desk) -> None:
    browser, first = desk.idp.browser(CAMPUS), desk.register("carol")
    page = browser.submit(browser.get(REGISTER), "passkey")

    page = use(browser, page, first)

    assert page.name == "register"
    assert register(browser, page, SoftKey()).name == "account"


def test_one_of_several_is_renamed_and_taken_away(desk: Desk) -> None:
    browser, first = desk.idp.browser(CAMPUS), desk.register("carol")
    desk.register("carol")
    gone = desk.passkeys("carol")[1]
    reset = f"/idp/account/reset?method=passkey&credential={gone.credential.id}"
    page = use(browser, prove_password(browser, browser.get(reset)), first)
    assert page.name == "reset"

    renamed = browser.submit(page, "rename", label="the office")
    assert [each.label for each in desk.passkeys("carol")] == ["phone", "the office"]
    assert renamed.name in {"account", "reset"}

    first.sign_count += 1
    page = use(browser, prove_password(browser, browser.get(reset)), first)
    browser.submit(page, "reset")
    assert [each.label for each in desk.passkeys("carol")] == ["phone"]


@pytest.mark.parametrize("flags", [UP, 0x04], ids=["not-verified", "nobody-there"])
def test_what_does_not_hold_is_not_registered(desk: Desk, flags: int) -> None:
    browser = desk.idp.browser(CAMPUS)

    page = register(browser, open_register(browser), SoftKey(flags=flags), "kept")

    assert (page.name, page.code) == ("register", "E102")
    assert 'value="kept"' in page.html
    assert desk.passkeys("carol") == ()
    assert register(browser, page, SoftKey()).name == "account"


def test_t05_wrong_registrations_are_counted(make_idp: MakeIdp) -> None:
    desk = Desk(make_idp(plugins_toml='\n[limits.passkey]\nperson = ["2/5m"]\naddress = ["100/5m"]\n'))
    browser = desk.idp.browser(CAMPUS)
    page = open_register(browser)
    for _ in range(2):
        page = register(browser, page, SoftKey(origin="https://idp.example.com"))

    assert register(browser, page, SoftKey()).code == "A204"
    assert desk.passkeys("carol") == ()


def test_a_page_that_was_open_too_long_offers_anew(desk: Desk) -> None:
    browser = desk.idp.browser(CAMPUS)
    page = open_register(browser)
    desk.idp.clock.advance(minutes=6)

    again = register(browser, page, SoftKey())

    assert (again.name, again.code) == ("register", "E103")
    assert options_of(again) != options_of(page)
    assert register(browser, again, SoftKey()).name == "account"


def test_the_most_is_the_most(make_idp: MakeIdp) -> None:
    desk = Desk(make_idp(plugins_toml="\n[plugins.passkey]\nmost = 1\n"), {"most": 1})
    first, browser = desk.register("carol"), desk.idp.browser(CAMPUS)
    page = open_register(browser, first)

    assert register(browser, page, SoftKey()).name == "account"

    (passkey,) = desk.passkeys("carol")
    assert passkey.key.credential_id != first.credential_id


def test_t33_the_person_is_told(make_idp: MakeIdp) -> None:
    with PostOffice() as post:
        idp: Idp = make_idp(mail_toml=post.toml())
        browser = idp.browser(CAMPUS, "ja")
        register(browser, open_register(browser), SoftKey())
        assert idp.site.outbox is not None
        idp.site.outbox.deliver(idp.clock)

        (letter,) = post.received

    assert str(letter.message["Subject"]) == "【例示大学】パスキーが登録されました"
