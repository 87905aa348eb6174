"""Where a card is kept: an entry of its own under the person's, the secret sealed, what it was made as in the seal."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from idp.plugin import Binding, Code, Credential, SealError, Secret, Subject, Tools, entry_kind
from plugins.matrix.grid import SECRET_BYTES, Card, Grid

MATRIX = entry_kind("matrix")
GENERALIZED_TIME = "%Y%m%d%H%M%SZ"


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card as it stands: how many of its cells were asked, wrong answers in a row, how and when it was bound."""

    credential: Credential
    card: Card
    position: int
    failures: int
    binding: Binding
    bound_at: datetime


def new_card(grid: Grid) -> Card:
    """Give a new card, its number and its secret from the operating system's generator (ASVS 6.5.3)."""
    number = f"{secrets.randbelow(10**8):08}"
    return Card(f"{number[:4]}-{number[4:]}", grid, Secret(secrets.token_bytes(SECRET_BYTES)))


def held_card(subject: Subject, tools: Tools) -> HeldCard | None:
    """Give the card that a person has. Raises DependencyError, SealError."""
    found = tools.credentials.list(subject, MATRIX)
    return read(found[0]) if found else None


def read(credential: Credential) -> HeldCard:
    """Read a card. Raises SealError for one whose seal does not say what it was made as."""
    facts = credential.facts
    try:
        grid = Grid(int(facts["columns"]), int(facts["rows"]), int(facts["length"]), facts["alphabet"])
        return HeldCard(
            credential,
            Card(facts["number"], grid, credential.secrets["secret"]),
            int(credential.values.get("state", b"0")),
            int(credential.values.get("failures", b"0")),
            Binding(facts["binding"]),
            datetime.strptime(facts["bound_at"], GENERALIZED_TIME).replace(tzinfo=UTC),
        )
    except (KeyError, ValueError) as error:
        raise SealError(Code.SEAL_BROKEN, f"a card has no {error}") from error


def write(card: Card, binding: Binding, now: datetime) -> tuple[dict[str, bytes], dict[str, Secret], dict[str, str]]:
    """Give what is kept of a new card: fields, what is sealed of it, and the facts the seal vouches for."""
    bound_at = now.astimezone(UTC).strftime(GENERALIZED_TIME)
    values = {"label": card.number.encode(), "state": b"0", "failures": b"0", "bound_at": bound_at.encode()}
    facts = {
        "number": card.number,
        "columns": str(card.grid.columns),
        "rows": str(card.grid.rows),
        "length": str(card.grid.length),
        "alphabet": card.grid.alphabet,
        "binding": binding.value,
        "bound_at": bound_at,
    }
    return values, {"secret": card.secret}, facts
