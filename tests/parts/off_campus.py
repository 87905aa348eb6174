"""A site where an app is registered off campus: a mail server, recovery addresses, codes of the help desk."""

import re
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

from idp.cli.slapd_entries import PEOPLE_DN
from idp.settings.template import ACTIVATION_PLUGIN
from plugins.matrix.grid import Card
from tests.parts.cards import answers, give_card
from tests.parts.service_provider import TestSP
from tests.parts.site import OUTSIDE, Browser, Clock, Idp, Page, make_conf
from tests.parts.slapd import RunningSlapd
from tests.parts.slapd import person as person_of
from tests.parts.smtp import PostOffice, Received

RECOVERY = "description"
"""The attribute that has recovery addresses in the tests' directory; nobody writes it but the administration."""
CHANGED = "employeeNumber"
"""The attribute that says when one was changed."""
WAYS = (("password", "matrix", "mailcode"), ("password", "activation"))
"""As the demonstration has it: card and mail, or a code of the help desk."""
MAIL_ALONE = (("password", "mailcode"), ("password", "activation"))
MAIL = f"""
[plugins.mailcode]
changed_attribute = "{CHANGED}"
own_domains = ["example.ac.jp"]
"""
CARDS = "[plugins.matrix]\n"
LONG_AGO = timedelta(days=30)


class OffCampus:
    """The site and what stands around it; everybody has a recovery address at home that is a month old."""

    def __init__(self, folder: Path, slapd: RunningSlapd, office: PostOffice, *sps: TestSP, **answers: object) -> None:
        extra = f'recovery_attribute = "{RECOVERY}"'
        given = {
            "methods": ("password", "totp"),
            "elsewhere": WAYS,
            "mail_toml": office.toml(extra=extra),
            "plugins_toml": CARDS + MAIL + ACTIVATION_PLUGIN,
            **answers,
        }
        self.slapd, self.office = slapd, office
        self.cards: dict[str, Card] = {}
        self.idp = Idp.load(make_conf(folder, slapd, **given), Clock())  # type: ignore[arg-type]
        self.idp.register(*sps, want_assertions_signed=True)
        for username in ("bob", "carol"):
            self.write_address(username, address_of(username))

    def write_address(self, username: str, *values: str, changed: datetime | None = None) -> None:
        """Put a recovery address into the directory, and the moment of its change."""
        moment = changed or self.idp.clock() - LONG_AGO
        lines = "\n".join(f"{RECOVERY}:: {b64encode(value.encode()).decode()}" for value in values)
        self.slapd.server.apply(
            f"dn: uid={username},{PEOPLE_DN}\nchangetype: modify\nreplace: {RECOVERY}\n{lines}\n-\n"
            f"replace: {CHANGED}\n{CHANGED}: {moment:%Y%m%d%H%M%SZ}\n"
        )
        self.idp.clock.advance(seconds=61)

    def received(self) -> list[Received]:
        """Give all letters so far, oldest first."""
        assert self.idp.site.outbox is not None
        self.idp.site.outbox.deliver(self.idp.clock)
        return self.office.received

    def code(self) -> str:
        """Give the code of the mail that came last."""
        codes = self._codes()
        assert codes, "no code came"
        return codes[-1]

    def sent(self) -> int:
        """Give how many codes were mailed."""
        return len(self._codes())

    def _codes(self) -> list[str]:
        return [found[0] for each in self.received() if (found := re.findall(r"\b\d{6}\b", each.text))]

    def issue(self, username: str = "carol") -> str:
        """Give the code that the help desk tells a person."""
        tools = self.idp.site.tools("activation")
        subject = tools.people.find(username)
        assert subject is not None
        code: str = self.idp.site.methods["activation"].method.issue(subject, tools)  # type: ignore[attr-defined]
        return code

    def give_card(self, username: str = "carol") -> None:
        """Hand a card to a person."""
        self.cards[username] = give_card(self.idp, username)

    def answer_card(self, browser: Browser, page: Page, username: str = "carol") -> Page:
        """Answer a card's question as who holds it."""
        assert page.name == "matrix", (page.status, page.name, page.code)
        return browser.submit(page, **answers(self.cards[username], page))

    def to_mail(self, username: str = "carol", path: str = "/idp/account/register") -> tuple[Browser, Page]:
        """Go as far as the code by mail with password and card."""
        browser, page = self.open(username=username, path=path)
        page = browser.submit(page, "matrix") if page.name == "totp" else page
        return browser, self.answer_card(browser, page, username)

    def open(
        self, browser: Browser | None = None, username: str = "carol", path: str = "/idp/account/register"
    ) -> tuple[Browser, Page]:
        """Open the page from outside and give the password."""
        browser = browser or self.idp.browser(OUTSIDE)
        page = browser.get(path)
        return browser, browser.submit(page, j_username=username, j_password=password_of(username))

    def close(self) -> None:
        self.idp.close()


def address_of(username: str) -> str:
    """Give a person's recovery address."""
    return f"{username}@mail.example.net"


def password_of(username: str) -> str:
    return person_of(username).password.reveal().decode()
