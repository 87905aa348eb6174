"""What somebody who registers an app does, page by page."""

import json
import re
from base64 import b32decode
from dataclasses import dataclass

from idp.core.secret import Secret
from idp.plugin import Credential
from plugins.totp.codes import code_at, step_at
from plugins.totp.credential import TOTP
from tests.parts.service_provider import TestSP
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.slapd import person

SP = TestSP("sp")
REGISTER = "/idp/account/register"
RESET = "/idp/account/reset"
ACCOUNT = "/idp/account/"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
MFA = "https://refeds.org/profile/mfa"


def password_of(username: str) -> str:
    return person(username).password.reveal().decode()


def prove_password(browser: Browser, page: Page, username: str = "carol") -> Page:
    """Give the user name and the password."""
    assert page.name == "password", (page.status, page.name, page.code)
    return browser.submit(page, j_username=username, j_password=password_of(username))


def key_of(page: Page) -> Secret:
    """Give the key that a register page shows."""
    found = re.search(r'<code id="totp-key" data-key="([A-Z2-7]{32})">', page.html)
    assert found, (page.status, page.name, page.code)
    return Secret(b32decode(found[1]))


def credentials_of(idp: Idp, username: str = "carol") -> tuple[Credential, ...]:
    """Give what is registered in the directory."""
    tools = idp.site.tools("totp")
    subject = tools.people.find(username)
    assert subject is not None
    return tools.credentials.list(subject, TOTP)


def secrets_of(idp: Idp, username: str = "carol") -> list[Secret]:
    return [each.secrets["secret"] for each in credentials_of(idp, username)]


def binding_of(idp: Idp, username: str = "carol") -> str:
    (credential,) = credentials_of(idp, username)
    return credential.facts["binding"]


def events_of(idp: Idp) -> list[dict[str, object]]:
    """Give what the audit log says, the oldest first."""
    return [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()]


@dataclass
class Person:
    """Somebody with a browser, and the key in their app."""

    idp: Idp
    browser: Browser
    username: str = "carol"
    key: Secret | None = None
    page: Page | None = None

    def code(self, steps: int = 0, key: Secret | None = None) -> str:
        """Give what the app shows now, or some steps away."""
        shown = key or self.key
        assert shown is not None
        return code_at(shown, step_at(self.idp.clock()) + steps)

    def open(self, path: str = REGISTER, *, code: str = "") -> Page:
        """Go as far as the page asked for; `code` is of the app registered already, where the rule wants it."""
        page = prove_password(self.browser, self.browser.get(path), self.username)
        if page.name == "totp" and code:
            page = self.browser.submit(page, tokencode=code)
        return page

    def scan(self, page: Page) -> Page:
        """Have the app read the page's key."""
        assert page.name == "register", (page.status, page.name, page.code)
        self.key = key_of(page)
        return page

    def register(self, page: Page | None = None) -> Page:
        """Scan, type the code, press Register."""
        page = self.scan(page or self.open())
        return self.browser.submit(page, "register", tokencode=self.code())

    def log_in(self, *, code: str | None = None, **request: object) -> Page:
        """Log in at the service provider from outside, in a browser of its own."""
        self.idp.clock.advance(seconds=90)
        browser = self.idp.browser(OUTSIDE)
        return browser.log_in(
            browser.visit(SP, **request), self.username, password_of(self.username), code=code or self.code()
        )


def someone(idp: Idp, username: str = "carol", address: str = CAMPUS, language: str = "en") -> Person:
    return Person(idp, idp.browser(address, language), username)
