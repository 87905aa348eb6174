"""What a person wants of us without a service provider: to see, register, replace or reset what is theirs."""

from dataclasses import dataclass
from typing import Any

from idp.plugin import Purpose


@dataclass(frozen=True, slots=True)
class Errand:
    """A purpose, and the method it is about (empty for a look at the account).

    `offer` is what was offered last, sealed; `done` what has been done, after which nothing more is.
    """

    purpose: Purpose
    method: str = ""
    offer: bytes = b""
    done: Purpose | None = None


def errand_to_json(errand: Errand | None) -> list[Any] | None:
    """Write an errand."""
    return [errand.purpose, errand.method, errand.offer.decode("ascii"), errand.done] if errand else None


def errand_from_json(value: list[Any] | None) -> Errand | None:
    """Read an errand back."""
    if value is None:
        return None
    purpose, method, offer, done = value
    return Errand(Purpose(purpose), method, offer.encode("ascii"), Purpose(done) if done else None)
