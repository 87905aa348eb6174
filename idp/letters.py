"""Letters that a method sends a person: to the address the site has for recovery, never to one that a form gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.core.mailbox import is_mailbox
from idp.core.subject import Subject
from idp.mail import Letter, Outbox
from idp.plugin.tools import Attributes, People
from idp.settings.model import IdPSettings, Site
from idp.words import Words, choose_language

LANGUAGE_ATTRIBUTE = "preferredLanguage"
"""RFC 2798 2.7: written as Accept-Language is."""


def language_for(attributes: Attributes, language: str, known: tuple[str, ...]) -> str:
    """Give the language to write to a person in: that of their entry, else what they read now, else the first."""
    fallback = language if language in known else known[0]
    preferred = ",".join(attributes.get(LANGUAGE_ATTRIBUTE.lower(), ()))
    return choose_language(preferred, "", "", (fallback, *(each for each in known if each != fallback)))


def site_name(site: Site, language: str) -> str:
    """Give the site's name in a language, on one line."""
    return " ".join((site.name.get(language) or next(iter(site.name.values()), "")).split())


@dataclass(frozen=True, slots=True)
class MethodLetters:
    """What `Tools.letters` is to one method at one moment."""

    plugin: str
    now: datetime
    people: People
    outbox: Outbox | None
    words: Words
    settings: IdPSettings

    @property
    def attribute(self) -> str:
        """The attribute that has the addresses; empty where the site has none, or no mail."""
        return self.settings.mail.recovery_attribute if self.settings.mail is not None else ""

    def address(self, subject: Subject) -> str:
        """Give the first value that is exactly one address (E-07); empty where none is. Raises DependencyError."""
        if not self.attribute:
            return ""
        values = self.people.attributes(subject).get(self.attribute.lower(), ())
        return next((each for each in values if is_mailbox(each)), "")

    def send(
        self, subject: Subject, kind: str, values: Mapping[str, str], language: str, *, really: bool = True
    ) -> bool:
        """Keep a letter to be sent at once; False where there is no address, or nobody takes our mail.

        Where none is sent one is kept as well, to ourselves, and taken back at once, so that it takes as long (E-05).
        Raises DependencyError.
        """
        mail, outbox = self.settings.mail, self.outbox
        if mail is None or outbox is None:
            return False
        address = self.address(subject) if really else ""
        written_in = language_for(self.people.attributes(subject), language, self.settings.site.languages)
        title, text = self._write(subject, kind, values, written_in)
        letter = Letter(address or mail.sender, title, text, written_in)
        message_id = outbox.post(letter, self.now, subject.username, hold=True)
        if address:
            outbox.release(message_id, self.now)
        else:
            outbox.withdraw(message_id)
        return bool(address)

    def _write(self, subject: Subject, kind: str, values: Mapping[str, str], language: str) -> tuple[str, str]:
        def say(key: str, **given: str) -> str:
            return self.words.text(language, key, **given)

        site = site_name(self.settings.site, language)
        key = f"{self.plugin}.letter.{kind}"
        username = " ".join(subject.username.split())
        lines = (say("notice.greeting", username=username), say(f"{key}.text", **values), say("notice.automatic"), site)
        title = say("notice.subject", site=site, title=say(f"{key}.subject"))
        return title, "\n\n".join(lines) + "\n"
