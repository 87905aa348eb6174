"""Recovery codes in tests: read off the page that shows them, made for a person, looked at in the directory."""

import re

from idp.core.secret import Secret
from idp.plugin import Binding, Confirmed, Subject
from plugins.recovery.codes import codes_of
from plugins.recovery.credential import CodeSet, standing_set
from plugins.recovery.method import RecoveryMethod
from tests.parts.site import Idp, Page


def codes_on(page: Page) -> list[str]:
    """Give the codes that a page shows."""
    return re.findall(r'<code data-code="([0-9A-Z-]{19})">', page.html)


def subject_of(idp: Idp, username: str) -> Subject:
    """Give the entry of a user name."""
    subject = idp.site.tools("recovery").people.find(username)
    if subject is None:
        raise ValueError(username)
    return subject


def give_codes(
    idp: Idp, username: str, *, seed: bytes = bytes(range(32)), binding: Binding = Binding.FACTOR
) -> tuple[str, ...]:
    """Make a set of codes for a person, as registration would."""
    method = idp.site.methods["recovery"].method
    if not isinstance(method, RecoveryMethod):
        raise TypeError("no recovery codes")
    subject, tools = subject_of(idp, username), idp.site.tools("recovery")
    standing = method.registered(subject, tools)
    former = standing[0] if standing else None
    if not method.enrol(subject, Confirmed(seed), former, binding, tools):
        raise ValueError("somebody else was first")
    return codes_of(Secret(seed), 10)


def set_in_directory(idp: Idp, username: str) -> CodeSet:
    """Give the set as it stands."""
    found = standing_set(subject_of(idp, username), idp.site.tools("recovery"))
    if found is None:
        raise ValueError(username)
    return found
