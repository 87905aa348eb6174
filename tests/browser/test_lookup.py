"""Matrix cards and recovery codes in a browser: by keyboard, pasted, printed, on a phone, without script."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from idp.core.clock import system_clock
from plugins.totp.codes import code_at, step_at
from tests.browser.chromium import PHONE, Person, chromium
from tests.browser.conftest import SitDown
from tests.browser.test_registration import key_of
from tests.browser.test_screenshots import LANGUAGES, Album, folder
from tests.browser.university import University, university
from tests.parts.driver import Account
from tests.parts.served import ROOT

__all__ = ["folder"]

pytestmark = pytest.mark.slow

METHODS = ("password", "clientcert", "totp", "matrix", "recovery")
ACCOUNT = "/idp/account/"
REGISTER = "/idp/account/register"


@pytest.fixture(scope="module")
def univ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[University]:
    """A university where people have cards and recovery codes."""
    with university(tmp_path_factory.mktemp("lookup"), methods=METHODS) as running:
        yield running


@pytest.fixture(scope="module")
def at_home(playwright: Playwright, univ: University) -> Iterator[Browser]:
    with chromium(playwright, univ, "outside") as browser:
        yield browser


@pytest.fixture(scope="module")
def on_campus(playwright: Playwright, univ: University) -> Iterator[Browser]:
    with chromium(playwright, univ, "campus") as browser:
        yield browser


def give_card(univ: University, account: Account, folder: Path) -> dict[str, str]:
    """Have a card made; gives what stands in its cells."""
    file = folder / f"{account.username}.json"
    command = [sys.executable, "-m", "idp.cli", "--conf", str(univ.conf), "matrix", "issue", account.username]
    subprocess.run([*command, "--sheet", str(file)], cwd=ROOT, check=True, capture_output=True)
    cells: dict[str, str] = json.loads(file.read_text())["cells"]
    return cells


def fill_cells(someone: Person, card: dict[str, str]) -> None:
    for field in someone.page.locator("input[data-cell]").all():
        field.fill(card[field.get_attribute("data-cell") or ""])


def register_app(someone: Person, account: Account) -> None:
    someone.open(REGISTER)
    someone.enter_password(account)
    someone.page.locator("[name=tokencode]").fill(code_at(key_of(someone), step_at(system_clock())))
    someone.press("register")


def codes_on(someone: Person) -> list[str]:
    return [each.inner_text() for each in someone.page.locator("code[data-code]").all()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_a_card_is_answered_by_keyboard(
    person: SitDown, univ: University, tmp_path: Path, language: str, script: bool
) -> None:
    account, someone = univ.newcomer(), person(language, script=script)
    card = give_card(univ, account, tmp_path)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("matrix")
    assert (someone.at, someone.focused) == ("matrix", "cell_1")

    for number in (1, 2, 3):
        someone.tab_to(f"cell_{number}")
        cell = someone.page.locator(f"[name=cell_{number}]").get_attribute("data-cell")
        someone.page.keyboard.type(card[cell or ""].lower())
    with someone.page.expect_navigation(wait_until="commit"):
        someone.page.keyboard.press("Enter")

    assert someone.arrive(univ.library).status == "Success"


def test_cells_can_be_pasted(person: SitDown, univ: University, tmp_path: Path) -> None:
    account, someone = univ.newcomer(), person("en")
    card = give_card(univ, account, tmp_path)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("matrix")
    field = someone.page.locator("[name=cell_1]")
    field.focus()
    text = f" {card[field.get_attribute('data-cell') or '']}\n"

    someone.page.evaluate("text => document.execCommand('insertText', false, text)", text)

    assert field.input_value().strip() == text.strip()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_a_lost_phone_by_recovery_code(
    person: SitDown, univ: University, tmp_path: Path, language: str, script: bool
) -> None:
    account, someone = univ.newcomer(), person(language, campus=True, script=script)
    register_app(someone, account)
    assert someone.at == "recovery-codes"
    codes = codes_on(someone)
    with someone.page.expect_download() as download:
        someone.page.locator("button[name=_eventId_download]").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert re.findall(r"\d+\. (\S+)", file.read_text()) == codes
    assert someone.page.locator("[data-print]").is_visible() is script
    someone.page.locator("[name=kept]").check()
    someone.press("register")
    assert someone.at == "account"
    assert someone.page.locator("[data-left]").get_attribute("data-left") == "10"

    at_home = person(language, script=script)
    at_home.begin(univ.library)
    at_home.enter_password(account)
    at_home.press("recovery")
    at_home.page.locator("[name=recovery_code]").fill(codes[0].lower().replace("-", " "))
    with at_home.page.expect_navigation(wait_until="commit"):
        at_home.page.keyboard.press("Enter")
    assert at_home.arrive(univ.library).status == "Success"

    someone.open(ACCOUNT)
    someone.enter_password(account)
    assert someone.page.locator("[data-left]").get_attribute("data-left") == "9"


def test_the_codes_are_printed_alone(person: SitDown, univ: University) -> None:
    account, someone = univ.newcomer(), person("en", campus=True, size=PHONE)
    register_app(someone, account)

    someone.page.emulate_media(media="print")

    assert someone.page.locator("code[data-code]").first.is_visible()
    assert not any(each.is_visible() for each in someone.page.locator("form button, .tick, footer").all())


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_of_cards_and_codes(
    person: SitDown, univ: University, folder: Path, tmp_path: Path, language: str
) -> None:
    album, account = Album(folder, language), univ.newcomer()
    card = give_card(univ, account, tmp_path)
    someone = person(language, campus=True)
    register_app(someone, account)
    album.take(someone, "recovery-codes")
    someone.page.locator("[name=kept]").check()
    someone.press("register")
    album.take(someone, "account-recovery")

    someone = person(language)
    someone.begin(univ.library)
    someone.enter_password(account)
    someone.press("matrix")
    fill_cells(someone, card)
    album.take(someone, "matrix")
    someone.page.locator("summary").click()
    someone.press("recovery")
    album.take(someone, "recovery")
