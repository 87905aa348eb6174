"""Telling people by mail what was changed of theirs, in their language, whoever changed it (security.md T-33).

A letter says what, when and from where, and what to do if it was not they; it has no secret, and no link that acts when
it is opened.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from idp.audit import Logger
from idp.core.errors import DependencyError
from idp.core.mailbox import is_mailbox
from idp.core.network import OUTSIDE, Address
from idp.core.notice import NoticeKind
from idp.core.subject import Subject
from idp.letters import LANGUAGE_ATTRIBUTE, language_for, site_name
from idp.mail import Letter, Outbox
from idp.metrics import Metrics
from idp.not_me import Denied, NotMe
from idp.plugin.tools import Attributes, People
from idp.plugin.visit import Visit
from idp.settings.model import IdPSettings
from idp.words import Words

__all__ = ["LANGUAGE_ATTRIBUTE", "NoticeKind", "Notices", "place_in_words"]

MOST_ADDRESSES = 5
NAMED_NETWORKS = ("campus", OUTSIDE)
"""Networks that have a word of their own; others are told by their name."""


@dataclass(frozen=True, slots=True)
class _Change:
    kind: NoticeKind
    subject: Subject
    language: str
    now: datetime
    network: str
    address: Address | None
    method: str


@dataclass(frozen=True, slots=True)
class MethodNotices:
    """The `Notices` of the plug-in interface, for one method at one moment."""

    notices: "Notices"
    method: str
    now: datetime

    def telling(self, kind: NoticeKind, visit: Visit) -> AbstractContextManager[None]:
        """Make a change, the body of `with`, of which the person of the visit is told when it is made."""
        if visit.subject is None:
            raise ValueError("nobody to be told")
        return self.notices.telling(kind, visit.subject, visit.language, self.now, visit.network, method=self.method)


class Notices:
    """Finds a person's addresses and language, and posts a letter to each address."""

    def __init__(
        self,
        people: People,
        outbox: Outbox | None,
        words: Words,
        settings: IdPSettings,
        log: Logger,
        metrics: Metrics,
        not_me: NotMe,
    ) -> None:
        self._people = people
        self._outbox = outbox
        self._words = words
        self._site = settings.site
        self._mail = settings.mail
        self._log = log
        self._metrics = metrics
        self._not_me = not_me

    def tell(
        self,
        kind: NoticeKind,
        subject: Subject,
        language: str,
        now: datetime,
        network: str = "",
        address: Address | None = None,
        *,
        method: str = "",
    ) -> None:
        """Tell a person of a change that is made; `network` is where from, empty for an administrator's.

        `language` is what the person reads now, or empty; their entry's preferredLanguage goes before it. `method` is
        whose registration it is about, and may have words of its own, `<method>.notice.<kind>`. Who has no address is
        named in the log. Raises DependencyError when the directory cannot be asked or the letter not kept.
        """
        self._post(_Change(kind, subject, language, now, network, address, method), hold=False)

    @contextmanager
    def telling(
        self,
        kind: NoticeKind,
        subject: Subject,
        language: str,
        now: datetime,
        network: str = "",
        address: Address | None = None,
        *,
        method: str = "",
    ) -> Iterator[None]:
        """Make a change, the body of `with`, and tell of it as `tell` does; the letter is kept before the change.

        It goes when the body has ended and is taken back when the body raises. Where nobody knows whether the change
        was made, after DependencyError or when this process is killed, it goes a little later. Raises DependencyError
        before the body.
        """
        held = self._post(_Change(kind, subject, language, now, network, address, method), hold=True)
        try:
            yield
        except DependencyError:
            raise
        except Exception:
            self._settle(held, None)
            raise
        self._settle(held, now)

    def _post(self, change: _Change, *, hold: bool) -> list[str]:
        if self._outbox is None:
            # Every start and `warifu check` say that nobody is told.
            self._metrics.count("letters", result="not-configured")
            return []
        attributes = self._people.attributes(change.subject)
        recipients = self._recipients(attributes)
        if not recipients:
            self._metrics.count("letters", result="no-address")
            self._log.warning("person_not_told", kind=change.kind, username=change.subject.username)
        language = language_for(attributes, change.language, self._site.languages)
        subject, text = self._subject(change, language), self._text(change, language)
        return [
            self._outbox.post(Letter(each, subject, text, language), change.now, change.subject.username, hold=hold)
            for each in recipients
        ]

    def _settle(self, held: list[str], now: datetime | None) -> None:
        """Release what is held, or take it back without `now`; if that fails, it goes a little later by itself."""
        if self._outbox is None:
            return
        for message_id in held:
            try:
                if now is None:
                    self._outbox.withdraw(message_id)
                else:
                    self._outbox.release(message_id, now)
            except DependencyError as error:
                self._log.error("letter_not_settled", message_id=message_id, detail=error.detail)

    def _recipients(self, attributes: Attributes) -> list[str]:
        """Give each address once; a value that is not exactly one address is none (E-07)."""
        names = self._mail.address_attributes if self._mail else ()
        values = [value for name in names for value in attributes.get(name.lower(), ())]
        return [each for each in dict.fromkeys(values) if is_mailbox(each)][:MOST_ADDRESSES]

    def _subject(self, change: _Change, language: str) -> str:
        title = self._said(change, "title", language)
        return self._words.text(language, "notice.subject", site=site_name(self._site, language), title=title)

    def _said(self, change: _Change, part: str, language: str) -> str:
        """Give what the method says of the change, or what is said of any method's."""
        own, named = f"{change.method}.notice.{change.kind}.{part}", f"{change.method}.name"
        if own in self._words.keys:
            return self._words.text(language, own)
        known = named if named in self._words.keys else "notice.any"
        return self._words.text(language, f"notice.{change.kind}.{part}", name=self._words.text(language, known))

    def _text(self, change: _Change, language: str) -> str:
        def say(key: str, **values: object) -> str:
            return self._words.text(language, f"notice.{key}", **values)

        time = f"{change.now.astimezone(ZoneInfo(self._site.time_zone)):%Y-%m-%d %H:%M:%S %Z}"
        contacts = [each for each in (self._site.help_url, self._site.technical_contact_mail) if each]
        return "\n".join(
            (
                say("greeting", username=" ".join(change.subject.username.split())),
                "",
                self._said(change, "text", language),
                "",
                say("when", time=time),
                say("where", place=self._place(change, language)),
                "",
                say("not_you"),
                *contacts,
                "",
                say("stop"),
                self._not_me.address(Denied(change.subject, f"{change.method} {change.kind}".strip(), change.now)),
                "",
                say("automatic"),
                site_name(self._site, language),
                "",
            )
        )

    def _place(self, change: _Change, language: str) -> str:
        if not change.network:
            return self._words.text(language, "notice.place.desk")
        return place_in_words(self._words, language, change.network, str(change.address or ""))


def place_in_words(words: Words, language: str, network: str, address: str) -> str:
    """Say where something was done from: the network's word, or its name where it has none, and the address."""
    place = words.text(language, f"notice.place.{network}") if network in NAMED_NETWORKS else network
    return f"{place} ({address})" if address else place
