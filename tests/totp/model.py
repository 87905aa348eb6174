"""What ought to be: who has proved what, in which login and which browser, told from outside alone.

The model knows what a tester did (a right password sent at the page that asked for it), never what the site stored.
`tests/totp/test_machine.py` compares the two after every step.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.parts.service_provider import TestSP
from tests.parts.site import CAMPUS, Browser, Page

MFA = "https://refeds.org/profile/mfa"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
IDLE = timedelta(minutes=60)
ABSOLUTE = timedelta(hours=8)
CONVERSATION = timedelta(minutes=15)
TOUCH = timedelta(seconds=60)

Proofs = frozenset[str]


@dataclass
class Session:
    """A login that lasts, in one browser."""

    person: str
    proofs: Proofs
    started: datetime
    used: datetime

    def lives(self, now: datetime) -> bool:
        return now < min(self.used + IDLE, self.started + ABSOLUTE)


@dataclass
class User:
    """A browser and the session that it ought to have."""

    browser: Browser
    session: Session | None = None

    def live_session(self, now: datetime) -> Session | None:
        """Give the session, noting its use as the site does: once a minute."""
        if self.session is not None and not self.session.lives(now):
            self.session = None
        if self.session is not None and now - self.session.used >= TOUCH:
            self.session.used = now
        return self.session


@dataclass
class Login:
    """One AuthnRequest in one browser: what was asked for, what was proved, the pages seen."""

    user: User
    sp: TestSP
    context: str | None
    force: bool
    started: datetime
    pages: list[Page] = field(default_factory=list)
    person: str | None = None
    proofs: Proofs = frozenset()
    method: str = ""
    finished: bool = False

    @property
    def page(self) -> Page:
        return self.pages[-1]

    def is_over(self, now: datetime) -> bool:
        return self.finished or now >= self.started + CONVERSATION

    def standing(self, now: datetime) -> tuple[str | None, Proofs]:
        """Give who is before the site in this login, and all that they have proved: here, and in their session."""
        session = self.user.live_session(now)
        if session is None or self.force or self.person not in {None, session.person}:
            return self.person, self.proofs
        return session.person, self.proofs | session.proofs

    def wanted(self) -> Proofs:
        """Give what policy wants here."""
        outside = self.user.browser.address != CAMPUS
        second = outside or self.context in {MFA, TIME_SYNC}
        return frozenset({"password", "totp"}) if second else frozenset({"password"})

    def is_reached(self, now: datetime) -> bool:
        person, proofs = self.standing(now)
        return person is not None and self.wanted() <= proofs

    def true_context(self, now: datetime) -> str:
        """Give the class that the assertion ought to name."""
        return self.context or (TIME_SYNC if "totp" in self.standing(now)[1] else PPT)

    def prove(self, person: str, method: str) -> None:
        self.person, self.proofs = person, self.proofs | {method}

    def forget(self) -> None:
        self.person, self.proofs, self.method = None, frozenset(), ""

    def answered(self, now: datetime) -> None:
        """Keep what was proved for later, as the site ought to."""
        person, proofs = self.standing(now)
        before = self.user.session
        if self.proofs and person is not None:
            same = before is not None and before.person == person
            started = before.started if same and before is not None else now
            self.user.session = Session(person, proofs, started, now)
        self.finished = True
