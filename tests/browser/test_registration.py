"""Registering an app in a real browser: both languages, without script, by keyboard, on a phone, with a camera."""

import subprocess
from base64 import b32decode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from idp.core.clock import system_clock
from idp.core.secret import Secret
from plugins.totp.codes import code_at, step_at
from tests.browser.chromium import DESKTOP, NARROW, PHONE, Person
from tests.browser.conftest import SitDown
from tests.browser.looks import small_targets, too_wide
from tests.browser.university import University
from tests.parts.driver import Account

pytestmark = pytest.mark.slow

REGISTER = "/idp/account/register"
RESET = "/idp/account/reset"
SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
LANGUAGES = ("ja", "en")
TITLES = {"ja": "ワンタイムパスワードアプリの登録", "en": "Register One Time Password App"}


def key_of(someone: Person) -> Secret:
    """Read the key as a person who types it would."""
    key = someone.page.locator("#totp-key").get_attribute("data-key")
    assert key
    return Secret(b32decode(key))


def read_qr(someone: Person, folder: Path) -> str:
    """Read the picture on the screen as a camera would."""
    picture = folder / "qr.png"
    someone.page.locator("img.qr").screenshot(path=picture)
    read = subprocess.run(["zbarimg", "-q", "--raw", str(picture)], capture_output=True, text=True, check=True)
    return read.stdout.strip()


def open_register(someone: Person, account: Account, path: str = REGISTER) -> None:
    someone.open(path)
    someone.enter_password(account)


def scan(someone: Person, univ: University, account: Account) -> Account:
    """Give the person with the app that has just read the key."""
    assert someone.at == "register"
    return Account(account.username, account.password, key_of(someone))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", SCRIPT)
def test_seed_03_05_17_19_an_app_is_registered_on_campus_and_used_at_home(
    person: SitDown, univ: University, tmp_path: Path, language: str, *, script: bool
) -> None:
    newcomer, someone = univ.newcomer(), person(language, campus=True, script=script)
    open_register(someone, newcomer)
    assert (someone.at, someone.heading) == ("register", TITLES[language])
    with_app = scan(someone, univ, newcomer)
    link = read_qr(someone, tmp_path)
    assert parse_qs(urlsplit(link).query)["secret"] == [someone.page.locator("#totp-key").get_attribute("data-key")]
    someone.page.locator("#cannot-scan > summary").click()
    assert someone.page.locator("a[href^='otpauth:']").get_attribute("href") == link

    someone.page.locator("[name=tokencode]").fill(univ.codes.next(with_app))
    someone.press("register")

    assert someone.at == "account"
    assert someone.page.locator("[data-done]").get_attribute("data-done") == "register"
    at_home = person(language, script=script)
    at_home.begin(univ.library)
    at_home.log_in(with_app)
    assert at_home.arrive(univ.library).friendly["uid"] == (newcomer.username,)


@pytest.mark.parametrize("script", SCRIPT)
@pytest.mark.parametrize("size", [pytest.param(size, id=f"{size[0]}px") for size in (DESKTOP, PHONE, NARROW)])
def test_seed_19_by_keyboard_alone_enter_registers(
    person: SitDown, univ: University, size: tuple[int, int], *, script: bool
) -> None:
    newcomer, someone = univ.newcomer(), person("ja", campus=True, script=script, size=size)
    someone.open(REGISTER)
    for name, text in (("j_username", newcomer.username), ("j_password", newcomer.password)):
        someone.tab_to(name)
        someone.page.keyboard.type(text)
    with someone.page.expect_navigation():
        someone.page.keyboard.press("Enter")
    with_app = scan(someone, univ, newcomer)
    assert not too_wide(someone.page)
    assert small_targets(someone.page) == []

    someone.tab_to("tokencode")
    someone.page.keyboard.type(univ.codes.next(with_app))
    with someone.page.expect_navigation():
        someone.page.keyboard.press("Enter")

    assert someone.at == "account"
    assert not too_wide(someone.page)
    assert small_targets(someone.page) == []


@pytest.mark.parametrize("script", SCRIPT)
def test_the_key_is_copied_whole_by_button_or_by_hand(person: SitDown, univ: University, *, script: bool) -> None:
    someone = person(campus=True, script=script)
    open_register(someone, univ.newcomer())
    someone.page.locator("#cannot-scan > summary").click()
    button = someone.page.locator("button.copy")

    assert button.is_visible() is script
    if script:
        someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
        button.click()
        expect(button).to_have_text("Copied")
        copied = someone.page.evaluate("navigator.clipboard.readText()")
        assert Secret(b32decode(copied)) == key_of(someone)
    assert Secret(b32decode(someone.page.locator("#totp-key").inner_text())) == key_of(someone)


def test_seed_18_a_wrong_clock_is_told_on_the_page_where_the_focus_is(person: SitDown, univ: University) -> None:
    newcomer, someone = univ.newcomer(), person("ja", campus=True)
    open_register(someone, newcomer)
    with_app = scan(someone, univ, newcomer)

    someone.page.locator("[name=tokencode]").fill(code_at(key_of(someone), step_at(system_clock()) + 5))
    someone.press("register")

    assert (someone.at, someone.problem, someone.focused) == ("register", "E101", "tokencode")
    assert "進んでいます" in someone.main.inner_text()
    assert "W100070" in someone.main.inner_text()
    assert key_of(someone) == with_app.seed


def test_seed_05_at_home_it_says_why_not_and_what_to_do(person: SitDown) -> None:
    someone = person("ja")
    someone.open(REGISTER)

    assert (someone.at, someone.problem) == ("error", "E201")
    assert "学内のネットワーク" in someone.main.inner_text()


def test_seed_17_reset_leads_on_to_a_new_registration(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person(campus=True)
    open_register(someone, account, RESET)
    assert someone.at == "reset"

    someone.press("reset")

    with_app = scan(someone, univ, account)
    someone.page.locator("[name=tokencode]").fill(univ.codes.next(with_app))
    someone.press("register")
    assert someone.at == "account"
    someone.page.go_back()
    assert someone.at == "account"
