"""Activation codes: 50 bits, kept as keyed hashes by person, one at a time, used once."""

import hmac
import secrets
import unicodedata
from datetime import timedelta

from idp.plugin import Subject, Tools
from plugins.activation.settings import ActivationSettings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what is mistaken for another when it is read out or written down: 0 and O, 1, I and L."""
LENGTH = 10
GROUP = 5


def issue(subject: Subject, settings: ActivationSettings, tools: Tools) -> str:
    """Give a person a new code, in place of any before; nobody can read it again. Raises DependencyError."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    burn(subject, tools)
    expires = tools.now + timedelta(minutes=settings.minutes)
    if not tools.moments.put(subject.id, _digest(subject, code, tools), expires, person=subject.id):
        # Another was issued at this very moment: one of the two counts, and both were told to somebody.
        burn(subject, tools)
        tools.moments.put(subject.id, _digest(subject, code, tools), expires, person=subject.id)
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def burn(subject: Subject, tools: Tools) -> None:
    """Take a person's code away. Raises DependencyError."""
    tools.moments.take(subject.id)


def is_right(subject: Subject, typed: str, settings: ActivationSettings, tools: Tools) -> bool:
    """Judge what was entered; a right code is used up by that, a code is burnt by the last of the wrong ones."""
    kept = tools.moments.get(subject.id)
    if kept is None:
        return False
    tried = tools.moments.add(f"tries:{kept.hex()}", 1, timedelta(minutes=settings.minutes))
    if tried.value > settings.tries:
        burn(subject, tools)
        return False
    if not hmac.compare_digest(kept, _digest(subject, normalise(typed), tools)):
        return False
    return tools.moments.take(subject.id) == kept


def normalise(typed: str) -> str:
    """Give what was meant: capitals, without spaces and hyphens, whatever width it was typed in."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(each for each in text if each.isalnum())


def _digest(subject: Subject, code: str, tools: Tools) -> bytes:
    return tools.digest(f"{subject.id}\0{code}".encode("utf-8", "replace"))
