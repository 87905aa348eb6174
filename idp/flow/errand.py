"""What a person wants of us without a service provider: to see, register, replace or reset what is theirs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp.plugin import Purpose


class Deed(StrEnum):
    """What was done in the end; a further one is added, and one of several renamed, by the rules of Purpose."""

    REGISTER = "register"
    REPLACE = "replace"
    ADD = "add"
    RESET = "reset"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Errand:
    """A purpose, and the method it is about (empty for a look at the account).

    `offer` is what was offered last, sealed; `done` what has been done, after which nothing more is. `credential` is
    the id of the one of several that it is about, empty where none is named; `place` the page of ours that it leads to,
    empty for the one of its purpose. Where this is an offer after another deed, which the person may decline, `before`
    and `method_before` are that deed.
    """

    purpose: Purpose
    method: str = ""
    offer: bytes = b""
    done: Deed | None = None
    credential: str = ""
    place: str = ""
    before: Deed | None = None
    method_before: str = ""


def errand_to_json(errand: Errand | None) -> list[Any] | None:
    """Write an errand."""
    if errand is None:
        return None
    return [
        *(errand.purpose, errand.method, errand.offer.decode("ascii"), errand.done),
        *(errand.credential, errand.place, errand.before, errand.method_before),
    ]


def errand_from_json(value: list[Any] | None) -> Errand | None:
    """Read an errand back."""
    if value is None:
        return None
    purpose, method, offer, done, credential, place, before, method_before = value
    return Errand(
        Purpose(purpose),
        method,
        offer.encode("ascii"),
        Deed(done) if done else None,
        credential,
        place,
        Deed(before) if before else None,
        method_before,
    )
