"""What somebody does at their account page."""

import re
from html import unescape

from tests.parts.site import CAMPUS, Browser, Idp, Page
from tests.parts.slapd import person

ACCOUNT = "/idp/account/"
SESSIONS = "/idp/account/sessions"


def password_of(username: str) -> str:
    return person(username).password.reveal().decode()


def logged_in(idp: Idp, username: str = "alice", address: str = CAMPUS, language: str = "en") -> Browser:
    """Give a browser that is logged in to the account page, by password and on campus where nothing else is said."""
    browser = idp.browser(address, language)
    page = browser.log_in(browser.get(ACCOUNT), username, password_of(username), code=code_from(idp, address))
    assert page.name == "account", (page.status, page.name, page.code)
    return browser


def code_from(idp: Idp, address: str) -> str | None:
    """Give the app's number where a password is not enough."""
    return None if address == CAMPUS else idp.code()


def part(page: Page, name: str) -> str:
    """Give the words of one part of the account page."""
    found = re.search(rf'<section data-part="{name}">(.*?)</section>', page.html, re.DOTALL)
    assert found, (page.status, page.name, page.code)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())
