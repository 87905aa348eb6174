"""What somebody at the help desk does, page by page."""

import json
import re
from dataclasses import dataclass

from tests.login.conftest import SP
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import password_of
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice, Received

HOME = "/idp/helpdesk/"
PERSON = "/idp/helpdesk/person"
ACT = "/idp/helpdesk/act"
REASON = "inquiry 4711, student card seen"


@dataclass
class Desk:
    """A site with a help desk, and the mail it sends."""

    idp: Idp
    office: PostOffice
    slapd: RunningSlapd

    def letters(self) -> list[Received]:
        """Give what has come in, once all that was kept is sent."""
        outbox = self.idp.site.outbox
        assert outbox is not None
        outbox.deliver(self.idp.clock)
        return self.office.received

    def events(self, event: str = "") -> list[dict[str, object]]:
        """Give what the audit log says of the help desk, the oldest first."""
        lines = [json.loads(line) for line in (self.idp.conf / "log" / "audit.json").read_text().splitlines()]
        return [each for each in lines if each.get("event", "").startswith(f"HELPDESK_{event}")]

    def id_of(self, username: str) -> str:
        subject = self.idp.site.directory.find(username)
        assert subject is not None
        return subject.id

    def registered(self, username: str) -> int:
        subject = self.idp.site.directory.find(username)
        assert subject is not None
        return len(self.idp.site.registrations.registered("totp", subject, self.idp.clock()))

    def staff(self, username: str = "carol", language: str = "en") -> "Worker":
        """Give somebody who has come in with both factors."""
        worker = Worker(self, self.idp.browser(CAMPUS, language), username)
        assert worker.come_in().name == "helpdesk"
        return worker

    def guess(self, username: str = "bob", times: int = 5) -> Page:
        """Have a person type wrong codes from outside."""
        browser = self.idp.browser(OUTSIDE)
        page = browser.submit(browser.visit(SP), j_username=username, j_password=password_of(username))
        for _ in range(times):
            page = browser.submit(page, tokencode="000000")
        return page

    def can_log_in(self, username: str = "bob") -> bool:
        """Say whether the right code is taken now."""
        self.idp.clock.advance(seconds=30)
        browser = self.idp.browser(OUTSIDE)
        page = browser.log_in(browser.visit(SP), username, password_of(username), code=self.idp.code())
        return page.saml_response is not None


@dataclass
class Worker:
    """Somebody at the help desk with a browser."""

    desk: Desk
    browser: Browser
    username: str

    def come_in(self, path: str = HOME) -> Page:
        """Go to a page, proving what is asked for."""
        return self.prove(self.browser.get(path))

    def prove(self, page: Page) -> Page:
        if page.name == "password":
            page = self.browser.submit(page, j_username=self.username, j_password=password_of(self.username))
        if page.name == "totp":
            self.desk.idp.clock.advance(seconds=30)
            page = self.browser.submit(page, tokencode=self.desk.idp.code())
        return page

    def find(self, typed: str) -> Page:
        return self.browser.submit(self.come_in(), person=typed)

    def look(self, username: str) -> Page:
        return self.browser.get(f"{PERSON}?id={self.desk.id_of(username)}")

    def link(self, page: Page, act: str) -> str:
        """Give where an act is asked for, by the person's page."""
        found = re.search(rf'data-act="{act}" href="([^"]+)"', page.html)
        assert found, (page.status, page.name, page.code)
        return found[1].replace("&amp;", "&")

    def open(self, act: str, username: str = "bob") -> Page:
        """Open the page that asks for the reason."""
        return self.prove(self.browser.get(self.link(self.look(username), act)))

    def do(self, page: Page, reason: str = REASON) -> Page:
        return self.browser.submit(page, "do", reason=reason)
