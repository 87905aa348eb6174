"""Chromium without a screen, and a person before it who sees one page at a time."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from tests.browser.service import Service
from tests.browser.university import BASE_URL, University
from tests.parts.certificates import Leaf
from tests.parts.driver import Account
from tests.parts.judge import JudgedResponse

CHROMIUM = "/usr/bin/chromium"
LOCALES = {"ja": "ja-JP", "en": "en-US"}
PATIENCE_MILLISECONDS = 15_000
MOST_STOPS = 20
PHONE = (390, 844)
DESKTOP = (1280, 800)
NARROW = (320, 640)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
_STATUS = "Failed to load resource: the server responded with a status of"
"""What the console says of a page of ours whose status is that of an error; everything else is a complaint."""


@contextmanager
def chromium(playwright: Playwright, university: University, network: str) -> Iterator[Browser]:
    """Start a browser that knows the university's hosts from a network, and trusts their certificate."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments(university, network))
    try:
        yield browser
    finally:
        browser.close()


def arguments(university: University, network: str) -> list[str]:
    """Give what a browser is started with."""
    return [
        *_ARGUMENTS,
        f"--host-resolver-rules={university.resolver_rules(network)}, MAP * ~NOTFOUND",
        f"--ignore-certificate-errors-spki-list={_key_digest(university.leaf)}",
    ]


def _key_digest(leaf: Leaf) -> str:
    key = x509.load_pem_x509_certificate(leaf.certificate.read_bytes()).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


@dataclass
class Person:
    """Somebody at a browser of their own; `complaints` is what the browser said on its console."""

    context: BrowserContext
    university: University
    has_script: bool = True
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.on("console", lambda message: self._hear(message.type, message.text))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind != "info" and not text.startswith(_STATUS):
            self.complaints.append(f"{kind}: {text}")

    @property
    def main(self) -> Locator:
        """The page's main part."""
        return self.page.locator("main")

    @property
    def at(self) -> str:
        """The page's name in the contract."""
        return self.main.get_attribute("data-page") or ""

    @property
    def heading(self) -> str:
        """The first heading."""
        return self.page.locator("h1").inner_text()

    @property
    def problem(self) -> str:
        """The code of the problem shown."""
        return self.page.locator("[data-code]").get_attribute("data-code") or ""

    @property
    def focused(self) -> str:
        """The name of the field or button that has the focus."""
        return str(self.page.locator(":focus").get_attribute("name", timeout=2000))

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons that can be seen."""
        return [button.inner_text() for button in self.main.get_by_role("button").all() if button.is_visible()]

    def begin(self, service: Service, **query: str) -> None:
        """Ask a service for a login; without script, its own form is sent by its button."""
        url = f"{service.url}/login?{urlencode(query)}"
        if query.get("binding") != "post":
            self.page.goto(url, wait_until="commit" if self.has_script else "load")
        elif self.has_script:
            self.page.goto(url, wait_until="commit")
            self.page.wait_for_url(lambda now: not now.startswith(f"{service.url}/login"))
        else:
            self.page.goto(url)
            with self.page.expect_navigation():
                self.page.get_by_role("button").click()

    def press(self, name: str) -> None:
        """Press the button of that name and wait for what comes."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(f"button[name=_eventId_{name}]").click()

    def enter_password(self, account: Account) -> None:
        """Fill in the password page and log in."""
        username = self.page.locator("[name=j_username]")
        if username.is_editable():
            username.fill(account.username)
        self.page.locator("[name=j_password]").fill(account.password)
        self.press("proceed")

    def enter_code(self, account: Account) -> None:
        """Type what the app shows and log in."""
        self.page.locator("[name=tokencode]").fill(self.university.codes.next(account))
        self.press("proceed")

    def log_in(self, account: Account) -> None:
        """Go through all pages with password and app."""
        self.enter_password(account)
        self.press("totp")
        self.enter_code(account)

    def tab_to(self, name: str) -> None:
        """Reach a field or button by the Tab key alone; an empty name is the button without one."""
        for _ in range(MOST_STOPS):
            if self.page.locator(f"[name='{name}']:focus" if name else "button:not([name]):focus").count():
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key never reaches {name!r}")

    def arrive(self, service: Service) -> JudgedResponse:
        """Be welcomed after a login at a service; gives the answer as it was judged there."""
        if not self.has_script:
            with self.page.expect_navigation():
                self.page.locator("form#answer button").click()
        self.page.wait_for_url(f"{service.after}?**")
        expect(self.page.locator("#answer")).to_be_visible()
        return service.answers[parse_qs(urlsplit(self.page.url).query)["answer"][0]]

    def open(self, path: str) -> None:
        """Open a page of the identity provider."""
        self.page.goto(BASE_URL + path)


Scheme = Literal["light", "dark"]


def sit_down(
    browser: Browser,
    university: University,
    language: str = "en",
    *,
    script: bool = True,
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
) -> Person:
    """Give somebody a browser profile without cookies."""
    context = browser.new_context(
        locale=LOCALES.get(language, language),
        java_script_enabled=script,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    return Person(context, university, script)
