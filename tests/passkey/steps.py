"""What somebody with a passkey does, page by page; the browser's script is played by the test."""

import html
import re

from tests.parts.site import Browser, Page
from tests.parts.slapd import person
from tests.passkey.authenticator import Form, SoftKey


def options_of(page: Page) -> str:
    """Give what a page asks the browser for."""
    found = re.search(r'data-options="([^"]*)"', page.html)
    assert found, (page.status, page.name, page.code)
    return html.unescape(found[1])


def prove_password(browser: Browser, page: Page, username: str = "carol") -> Page:
    """Give user name and password."""
    assert page.name == "password", (page.status, page.name, page.code)
    return browser.submit(page, j_username=username, j_password=person(username).password.reveal().decode())


def use(browser: Browser, page: Page, key: SoftKey, **more: str) -> Page:
    """Press the button and have the passkey answer."""
    assert page.name == "passkey", (page.status, page.name, page.code)
    return send(browser, page, {**key.get(options_of(page)), **more})


def send(browser: Browser, page: Page, form: Form, event: str = "proceed") -> Page:
    """Send the form of a page, its hidden fields filled in as the script does."""
    return browser.post(page.action, {**page.hidden, **form, f"_eventId_{event}": ""})
