"""A picture of each page, on a phone and on a desk, in both languages; what can be measured of them is measured."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.core.clock import system_clock
from plugins.totp.codes import code_at, step_at
from tests.browser.chromium import DESKTOP, PHONE, Person, Scheme
from tests.browser.conftest import SitDown
from tests.browser.looks import faint_texts, small_targets, too_wide
from tests.browser.test_registration import key_of
from tests.browser.university import APPLESS, EXPIRED, GUEST, MFA_TEST, NOTICED, SITTER, University
from tests.parts.driver import Account

pytestmark = pytest.mark.slow

KEPT = Path(__file__).parents[2] / "docs" / "screenshots"
PASSKEY_PAGES = (
    "passkey",
    "passkey-alone",
    "passkey-cancelled",
    "passkey-without-script",
    "register-passkey",
    "account-passkeys",
)
"""Taken by test_passkey.py, at a university where passkeys are enabled."""
PAGES = (
    "password",
    "wrong-password",
    "certificate",
    "app-not-registered",
    "totp",
    "wrong-code",
    "post",
    "notice",
    "password-expired",
    "request-too-old",
    "logout",
    "logged-out",
    "mfa-test",
    "mfa-test-ok",
    "mfa-test-refused",
    "register",
    "register-clock",
    "register-again",
    "register-elsewhere",
    "reset",
    "account",
    "account-registered",
    "matrix",
    "recovery",
    "recovery-codes",
    "account-recovery",
    *PASSKEY_PAGES,
)
SIZES = {"phone": PHONE, "desktop": DESKTOP}
LANGUAGES = ("ja", "en")


@dataclass(frozen=True)
class Album:
    """Pictures in a folder, called after page, language and size."""

    folder: Path
    language: str
    scheme: Scheme = "light"

    def take(self, someone: Person, name: str) -> None:
        """Take the page before somebody in each size, and look whether it fits and can be read and touched."""
        for size, (width, height) in SIZES.items():
            someone.page.set_viewport_size({"width": width, "height": height})
            assert not too_wide(someone.page), (name, size)
            assert small_targets(someone.page) == [], (name, size)
            assert faint_texts(someone.page) == [], (name, size)
            mark = "" if self.scheme == "light" else f".{self.scheme}"
            someone.page.screenshot(path=self.folder / f"{name}.{self.language}.{size}{mark}.png", full_page=True)


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the pictures go: kept where `--pictures` says, else not for long."""
    kept: Path | None = request.config.getoption("--pictures", default=None)
    return kept or tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_of_a_login(person: SitDown, univ: University, folder: Path, language: str) -> None:
    album, someone = Album(folder, language), person(language, script=False)
    someone.begin(univ.library)
    album.take(someone, "password")
    someone.enter_password(Account(SITTER.username, "not the password"))
    album.take(someone, "wrong-password")
    someone.enter_password(SITTER)
    album.take(someone, "certificate")
    someone.press("totp")
    album.take(someone, "totp")
    someone.page.locator("[name=tokencode]").fill("000000")
    someone.press("proceed")
    album.take(someone, "wrong-code")
    someone.enter_code(SITTER)
    album.take(someone, "post")
    someone.arrive(univ.library)

    someone.page.goto(f"{MFA_TEST}/")
    album.take(someone, "mfa-test")
    someone.page.locator("a.button").click()
    someone.page.locator("form#answer button").click()
    someone.page.wait_for_url("**/mfa-test/acs")
    album.take(someone, "mfa-test-ok")

    someone.open("/idp/profile/Logout")
    album.take(someone, "logout")
    someone.press("proceed")
    album.take(someone, "logged-out")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_of_what_may_be_in_the_way(person: SitDown, univ: University, folder: Path, language: str) -> None:
    album = Album(folder, language)
    someone = person(language)
    someone.begin(univ.library)
    someone.enter_password(APPLESS)
    someone.press("totp")
    album.take(someone, "app-not-registered")

    someone = person(language)
    someone.begin(univ.library)
    someone.enter_password(NOTICED)
    album.take(someone, "notice")

    someone = person(language)
    someone.begin(univ.library)
    someone.enter_password(EXPIRED)
    album.take(someone, "password-expired")

    someone = person(language)
    someone.begin(univ.library, minutes_old="20")
    album.take(someone, "request-too-old")

    someone = person(language)
    someone.page.goto(f"{MFA_TEST}/")
    someone.page.locator("a.button").click()
    someone.enter_password(GUEST)
    someone.page.wait_for_url("**/mfa-test/acs")
    album.take(someone, "mfa-test-refused")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_of_a_registration(person: SitDown, univ: University, folder: Path, language: str) -> None:
    album, someone, newcomer = Album(folder, language), person(language, campus=True), univ.newcomer()
    someone.open("/idp/account/")
    someone.enter_password(newcomer)
    album.take(someone, "account")
    someone.open("/idp/account/register")
    someone.enter_password(newcomer)
    for summary in someone.page.locator("summary").all():
        summary.click()
    album.take(someone, "register")
    key = key_of(someone)
    someone.page.locator("[name=tokencode]").fill(code_at(key, step_at(system_clock()) + 6))
    someone.press("register")
    album.take(someone, "register-clock")
    someone.page.locator("[name=tokencode]").fill(code_at(key, step_at(system_clock())))
    someone.press("register")
    album.take(someone, "account-registered")
    someone.open("/idp/account/register")
    someone.enter_password(newcomer)
    album.take(someone, "register-again")
    someone.page.locator("form > details > summary").click()
    someone.press("reset")
    album.take(someone, "reset")

    outside = person(language)
    outside.open("/idp/account/register")
    album.take(outside, "register-elsewhere")


def test_pictures_in_the_dark(person: SitDown, univ: University, folder: Path) -> None:
    album, someone = Album(folder, "ja", "dark"), person("ja", scheme="dark")
    someone.begin(univ.library)
    album.take(someone, "password")
    someone.enter_password(SITTER)
    someone.press("totp")
    someone.page.locator("[name=tokencode]").fill("000000")
    someone.press("proceed")
    album.take(someone, "wrong-code")

    newcomer, someone = univ.newcomer(), person("ja", campus=True, scheme="dark")
    someone.open("/idp/account/register")
    someone.enter_password(newcomer)
    album.take(someone, "register")


@pytest.mark.parametrize("language", LANGUAGES)
def test_r06_a_login_at_400_percent_zoom(person: SitDown, univ: University, language: str) -> None:
    someone, account = person(language, size=(320, 256)), univ.account()
    someone.begin(univ.library)
    _fits(someone)
    someone.enter_password(account)
    _fits(someone)
    someone.press("totp")
    _fits(someone)
    someone.page.locator("[name=tokencode]").fill("000000")
    someone.press("proceed")
    _fits(someone)
    someone.enter_code(account)
    someone.arrive(univ.library)


def test_each_page_has_its_picture() -> None:
    expected = {f"{page}.{language}.{size}.png" for page in PAGES for language in LANGUAGES for size in SIZES}

    assert {file.name for file in KEPT.iterdir() if ".dark." not in file.name} == expected


def _fits(someone: Person) -> None:
    assert not too_wide(someone.page)
    assert small_targets(someone.page) == []
