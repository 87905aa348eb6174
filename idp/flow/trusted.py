"""Browsers that a person trusts, so that a rule may leave out the second factor there for some days (people.md R9).

A trusted browser proves nothing: no class of AuthnContext counts it. What the browser keeps is an opaque id; here
stands its hash, with whom and which browser it is for. It ends with what it was given for: when a factor is replaced
or taken away, when an administrator steps in, when the password changes as far as the directory tells.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.core.subject import Subject
from idp.flow.record import encode, moment_from_json, moment_to_json
from idp.store import Store

KIND = "trusted-browser"
ID_BYTES = 32
NAME_LENGTH = 16
PASSWORD_CHANGED = ("pwdChangedTime", "pwdLastSet")
"""Attributes of the password's last change: draft-behera-ldap-password-policy-10 5.3.2, and Active Directory's."""
_WINDOWS_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

PasswordChanged = Callable[[Subject], datetime | None]
"""Gives when a person's password was changed last; None where the directory does not tell."""


@dataclass(frozen=True, slots=True)
class TrustedBrowser:
    """One browser of a person: its name in their list, since when and until when, its own words, where it was."""

    name: str
    since: datetime
    until: datetime
    words: str
    network: str
    address: str


@dataclass(frozen=True, slots=True)
class Here:
    """Who is before us in which browser, and the id that it kept when somebody trusted it; empty without one."""

    subject: Subject
    browser: str
    value: str


Trusts = Callable[[Here, datetime], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """What a browser is kept with: the hash of its own id, what it calls itself, where it is."""

    browser: str
    words: str
    network: str
    address: str


class TrustedBrowsers:
    """The trusted browsers of the site's people, over all workers. Raises DependencyError."""

    def __init__(self, store: Store, lifetime: timedelta, password_changed: PasswordChanged) -> None:
        self._store = store
        self._lifetime = lifetime
        self._password_changed = password_changed

    def begin(self, subject: Subject, place: Place, now: datetime, former: str) -> str:
        """Trust this browser; gives the id that it keeps, which takes the place of its `former` one, whosever."""
        value = secrets.token_urlsafe(ID_BYTES)
        until = now + self._lifetime
        if former:
            self._store.remove(KIND, _key(former))
        facts = {
            "person": subject.id,
            "since": moment_to_json(now),
            "until": moment_to_json(until),
            "browser": place.browser,
            "words": place.words,
            "network": place.network,
            "address": place.address,
        }
        self._store.put(KIND, _key(value), encode(facts).encode("utf-8"), until, person=subject.id)
        return value

    def trusts(self, here: Here, now: datetime) -> bool:
        """Say whether this browser is one that this person trusts."""
        row = self._store.get(KIND, _key(here.value)) if here.value else None
        if row is None:
            return False
        facts = json.loads(row)
        if facts["person"] != here.subject.id or facts["browser"] != here.browser:
            return False
        if now >= moment_from_json(facts["until"]):
            return False
        changed = self._password_changed(here.subject)
        return changed is None or changed <= moment_from_json(facts["since"])

    def of(self, person: str, now: datetime) -> tuple[TrustedBrowser, ...]:
        """Give a person's trusted browsers, the newest first."""
        found = [_read(key, json.loads(value)) for key, value in self._store.of(KIND, person)]
        live = [each for each in found if now < each.until]
        return tuple(sorted(live, key=lambda each: each.since, reverse=True))

    def end(self, person: str, name: str) -> bool:
        """Trust one of a person's browsers no more; False where they have none of that name."""
        keys = [key for key, _ in self._store.of(KIND, person) if key.decode("ascii")[:NAME_LENGTH] == name]
        for key in keys:
            self._store.remove(KIND, key)
        return bool(keys)


def forget_trusted(store: Store, person: str) -> int:
    """Trust none of a person's browsers any more; gives how many there were."""
    keys = [key for key, _ in store.of(KIND, person)]
    for key in keys:
        store.remove(KIND, key)
    return len(keys)


def password_changed(attributes: Mapping[str, Sequence[str]]) -> datetime | None:
    """Give when the password of an entry was changed last; None where its attributes do not tell."""
    for name in PASSWORD_CHANGED:
        for text in attributes.get(name.lower(), ()):
            moment = _moment(text)
            if moment is not None:
                return moment
    return None


def _moment(text: str) -> datetime | None:
    if text.isascii() and text.isdigit() and len(text) > 14:
        return _WINDOWS_EPOCH + timedelta(microseconds=int(text) // 10)
    try:
        return datetime.strptime(text[:14] + "Z", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC) if text.endswith("Z") else None
    except ValueError:
        return None


def _read(key: bytes, facts: Mapping[str, Any]) -> TrustedBrowser:
    return TrustedBrowser(
        name=key.decode("ascii")[:NAME_LENGTH],
        since=moment_from_json(facts["since"]),
        until=moment_from_json(facts["until"]),
        words=facts["words"],
        network=facts["network"],
        address=facts["address"],
    )


def _key(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
