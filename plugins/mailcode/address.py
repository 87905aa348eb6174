"""Whether a recovery address may be written to: not the account's own mailbox, not one of yesterday (E-06)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from idp.plugin import Attributes, Subject, Tools
from plugins.mailcode.settings import MailCodeSettings

REMEMBERED = timedelta(days=400)
ENTRY_CHANGED = ("modifyTimestamp", "whenChanged")
"""When an entry was last changed (RFC 4512 3.4.4; Active Directory): no attribute of it can be newer."""


class Verdict(StrEnum):
    """What is found of an address."""

    USABLE = "usable"
    NONE = "none"
    OWN = "own"
    TOO_NEW = "too-new"


def judge(subject: Subject, address: str, settings: MailCodeSettings, tools: Tools) -> Verdict:
    """Say whether codes may go to `address`, and remember since when it is known. Raises DependencyError."""
    if not address:
        return Verdict.NONE
    attributes = tools.people.attributes(subject)
    if _is_own(address, attributes, settings):
        return Verdict.OWN
    known = (_changed(attributes, settings), _remembered(subject, address, tools))
    oldest = min((each for each in known if each is not None), default=tools.now)
    is_old = tools.now - oldest >= timedelta(days=settings.unchanged_days)
    return Verdict.USABLE if is_old else Verdict.TOO_NEW


def mask(address: str) -> str:
    """Give an address so that its owner knows it and nobody learns it: t***@example.jp."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if name else "***"


def _is_own(address: str, attributes: Attributes, settings: MailCodeSettings) -> bool:
    own = {value.casefold() for name in settings.own_attributes for value in attributes.get(name.lower(), ())}
    domain = address.rpartition("@")[2].casefold()
    domains = [each.casefold() for each in settings.own_domains]
    return address.casefold() in own or any(domain == each or domain.endswith(f".{each}") for each in domains)


def _changed(attributes: Attributes, settings: MailCodeSettings) -> datetime | None:
    """Give when the directory says the address was changed at the latest; None where it says nothing."""
    names: Sequence[str] = (settings.changed_attribute,) if settings.changed_attribute else ENTRY_CHANGED
    told = [moment for name in names for value in attributes.get(name.lower(), ()) if (moment := _moment(value))]
    return max(told, default=None)


def _moment(text: str) -> datetime | None:
    """Read generalizedTime in UTC (RFC 4517 3.3.13)."""
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if text.endswith("Z") else None
    except ValueError:
        return None


def _remembered(subject: Subject, address: str, tools: Tools) -> datetime:
    """Give since when this very address was seen here at each look; another one begins anew."""
    key, digest = f"address:{subject.id}", hashlib.sha256(address.casefold().encode()).hexdigest()
    kept = tools.moments.get(key)
    if kept is not None:
        known, _, since = kept.decode("ascii").partition(" ")
        if known == digest:
            return datetime.fromtimestamp(float(since), UTC)
        tools.moments.take(key)
    value = f"{digest} {tools.now.timestamp()}".encode("ascii")
    tools.moments.put(key, value, tools.now + REMEMBERED, person=subject.id)
    return tools.now
