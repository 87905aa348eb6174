"""What the demo has of the second factor's life: cards, codes by mail, recovery codes, told by `accounts.json`."""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import CHROMIUM
from tests.browser.road import road
from tests.cli.demos import Browser, Demo, await_that, running
from tests.cli.test_demo import SP, drop, sso_url

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo") / "demo") as demo:
        drop(demo, SP)
        await_that(lambda: Browser(demo).get(sso_url(demo)).name == "password", demo.process)
        yield demo


def test_seed_08_outside_an_app_is_registered_with_the_card_and_a_code_by_mail(demo: Demo) -> None:
    browser, account = Browser(demo, "127.0.0.2"), demo.accounts["jiro"]
    card = account["matrix"]
    assert isinstance(card, dict)
    page = browser.log_in(browser.get(f"{demo.base_url}/idp/account/register"), "jiro")
    assert page.name == "matrix"
    asked = re.findall(r'name="(cell_\d)" data-cell="(\w+)"', page.html)

    page = browser.submit(page, "proceed", **{name: str(card[cell]) for name, cell in asked})
    assert (page.name, "mailcode" in page.fields) == ("mailcode", True)
    await_that(lambda: bool(letters(demo, account["recovery_mail"])), demo.process)
    (text,) = letters(demo, account["recovery_mail"])
    code = re.search(r"\b\d{6}\b", text)
    assert code
    page = browser.submit(page, "proceed", mailcode=code[0])

    assert page.name == "register"
    key = re.search(r'data-key="([A-Z2-7]{32})"', page.html)
    assert key
    done = browser.submit(page, "register", tokencode=pyotp.TOTP(key[1]).now())
    assert browser.submit(done, "decline").name == "account"


@pytest.mark.parametrize(
    ("username", "language", "script"), [("hanako", "ja", False), ("maki", "en", True)], ids=["first", "instead"]
)
def test_seed_09_in_a_browser_at_home_with_card_and_mail(
    demo: Demo, username: str, language: str, *, script: bool
) -> None:
    account = demo.accounts[username]
    card = account["matrix"]
    assert isinstance(card, dict)
    with at_home(demo, language, script=script) as page:
        page.goto(f"{demo.base_url}/idp/account/register")
        page.fill("[name=j_username]", username)
        page.fill("[name=j_password]", str(account["password"]))
        press(page, "proceed")
        if account["totp_key"]:  # what stands is asked for first; the card is another way
            assert at(page) == "certificate"
            page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            press(page, "matrix")
        assert (at(page), page.locator("html").get_attribute("lang")) == ("matrix", language)
        for field in page.locator("input[data-cell]").all():
            field.fill(str(card[field.get_attribute("data-cell") or ""]))
        press(page, "proceed")
        assert at(page) == "mailcode"
        await_that(lambda: bool(letters(demo, account["recovery_mail"])), demo.process)
        (code,) = re.findall(r"\b\d{6}\b", letters(demo, account["recovery_mail"])[0])
        page.fill("[name=mailcode]", code)
        press(page, "proceed")
        assert at(page) == "register"
        key = page.locator("#totp-key").get_attribute("data-key") or ""
        page.fill("[name=tokencode]", pyotp.TOTP(key).now())
        press(page, "register")
        assert page.locator("[data-done]").count() == 1


def test_a_recovery_code_stands_in_for_the_app(demo: Demo) -> None:
    browser, codes = Browser(demo, "127.0.0.2"), demo.accounts["sakura"]["recovery_codes"]
    assert isinstance(codes, list)
    page = browser.log_in(browser.get(sso_url(demo)), "sakura")
    assert "_eventId_recovery" in page.buttons

    page = browser.submit(page, "recovery")

    assert page.name == "recovery"
    assert "SAMLResponse" in browser.submit(page, "proceed", recovery_code=str(codes[0])).hidden


def test_nobody_is_told_of_what_was_there_from_the_beginning(demo: Demo) -> None:
    assert not [
        text for name in ("taro", "hanako") for text in letters(demo, f"{name}@example.ac.jp") if "カード" in text
    ]


@contextmanager
def at_home(demo: Demo, language: str, *, script: bool) -> Iterator[Page]:
    """Give a page of Chromium whose connections come from outside the campus."""
    port = urlsplit(demo.base_url).port or 443
    with road(port, "127.0.0.2") as outside, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP localhost:{port} 127.0.0.1:{outside}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(locale=language, ignore_https_errors=True, java_script_enabled=script)
        yield context.new_page()
        browser.close()


def at(page: Page) -> str | None:
    return page.locator("main").get_attribute("data-page")


def press(page: Page, event: str) -> None:
    with page.expect_navigation(wait_until="load"):
        page.locator(f"[name=_eventId_{event}]").click()


def letters(demo: Demo, to: object) -> list[str]:
    """Give what has been written to an address."""
    files = Path(str(demo.facts["mail_dir"])).glob("*.eml")
    found = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    bodies = [each.get_body() for each in found if each["To"] == to]
    return [body.get_content() for body in bodies if body is not None]
