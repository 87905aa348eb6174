"""What a person has proved, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Factor(StrEnum):
    """The kinds of ITU-T X.1254: something known, had, or being."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"


class Binding(StrEnum):
    """How a credential came to belong to the person (NIST SP 800-63B-4 4.1.2); policy says what each is worth."""

    CAMPUS_FIRST = "campus-first"
    CAMPUS_REPLACED = "campus-replaced"
    FACTOR = "factor"
    CARD_AND_MAIL = "card-and-mail"
    HELP_DESK = "help-desk"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Proof:
    """One method's word that the person was there: its factors, the moment, how and when its credential was bound.

    Without a factor it is a confirmation, which counts in the ways that name its method and nowhere else.
    """

    method: str
    factors: frozenset[Factor]
    at: datetime
    binding: Binding | None = None
    bound_at: datetime | None = None
