"""Several apps in a real browser: two are registered with names, each logs in, one is renamed, one removed."""

from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from idp.core.secret import Secret
from tests.browser.chromium import PHONE, Person, chromium, sit_down
from tests.browser.looks import small_targets, too_wide
from tests.browser.test_registration import open_register
from tests.browser.university import University, university
from tests.parts.driver import Account, Codes

pytestmark = pytest.mark.slow
NAMES = {"ja": ("研究室の iPhone", "自宅の PC", "予備の PC"), "en": ("My phone", "PC at home", "Spare PC")}
REGISTER = "/idp/account/register"


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[University]:
    """A university where a person may have two apps."""
    more = "[plugins.totp]\nmax_apps = 2\n"
    with university(tmp_path_factory.mktemp("several"), contexts_toml=more) as running:
        yield running


@pytest.fixture(scope="module")
def browsers(playwright: Playwright, several: University) -> Iterator[dict[str, Browser]]:
    """One on campus and one at home."""
    with chromium(playwright, several, "campus") as campus, chromium(playwright, several, "outside") as outside:
        yield {"campus": campus, "outside": outside}


def add(someone: Person, account: Account, name: str, codes: Codes) -> Account:
    """Register an app under a name; gives the person who has it."""
    open_register(someone, account)
    key = someone.page.locator("#totp-key").get_attribute("data-key")
    assert key
    with_app = Account(account.username, account.password, Secret(b32decode(key)))
    someone.page.locator("[name=label]").fill(name)
    someone.page.locator("[name=tokencode]").fill(codes.next(with_app))
    assert not too_wide(someone.page)
    someone.press("register")
    return with_app


def take(someone: Person, folder: Path | None, name: str) -> None:
    """Keep a picture, where pictures are kept."""
    if folder is not None:
        someone.page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_two_named_apps_are_registered_used_renamed_and_one_removed(
    several: University,
    browsers: dict[str, Browser],
    language: str,
    request: pytest.FixtureRequest,
    *,
    script: bool,
) -> None:
    folder: Path | None = request.config.getoption("--pictures") if script else None
    newcomer, names = several.newcomer(), NAMES[language]
    someone = sit_down(browsers["campus"], several, language, script=script, size=PHONE)
    codes = Codes(), Codes()
    first = add(someone, newcomer, names[0], codes[0])
    assert someone.page.locator("[data-done]").get_attribute("data-done") == "register"
    second = add(someone, newcomer, names[1], codes[1])
    assert someone.page.locator("[data-done]").get_attribute("data-done") == "add"
    take(someone, folder, f"several-account.{language}")
    assert [each.inner_text() for each in someone.page.locator("section h3").all()] == list(names[:2])

    for app, own in ((second, codes[1]), (first, codes[0])):
        at_home = sit_down(browsers["outside"], several, language, script=script)
        at_home.begin(several.library)
        at_home.enter_password(app)
        at_home.press("totp")
        at_home.page.locator("[name=tokencode]").fill(own.next(app))
        at_home.press("proceed")
        assert at_home.arrive(several.library).friendly["uid"] == (newcomer.username,)
        at_home.context.close()

    open_register(someone, newcomer)
    assert someone.at == "several"
    take(someone, folder, f"several-full.{language}")
    someone.page.locator("[name=_eventId_choose]").nth(1).click()
    assert someone.at == "reset"
    take(someone, folder, f"several-one.{language}")
    assert (too_wide(someone.page), small_targets(someone.page)) == (False, [])
    someone.page.locator("[name=label]").fill(names[2])
    someone.press("rename")
    assert [each.inner_text() for each in someone.page.locator("section h3").all()] == [names[0], names[2]]

    someone.open(someone.page.locator("a[href*='credential=']").first.get_attribute("href") or "")
    someone.enter_password(newcomer)
    someone.press("reset")
    assert someone.page.locator("[data-done]").get_attribute("data-done") == "reset"
    assert [each.inner_text() for each in someone.page.locator("section h3").all()] == [names[2]]
    assert someone.complaints == []
    someone.context.close()
