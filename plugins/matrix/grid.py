"""The arithmetic of a card: its cells, their texts, and in which order they are asked for (G-01 to G-06)."""

import hmac
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from idp.plugin import Secret

COLUMNS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The letters of columns, without those that are taken for a digit."""
LOOK_ALIKES = ("0O", "1IL", "2Z", "5S", "8B", "UV")
"""Characters that are taken for one another in print and in handwriting; an alphabet has one of each at most."""
SECRET_BYTES = 32
LEAST_BITS = 20
"""What a look-up secret must have (OWASP ASVS 6.5.4, NIST SP 800-63B-4 3.1.2.1: six digits)."""
LONGEST_TYPED = 64

_BETWEEN = re.compile("[\\s.,\u2010-\u2015\u2212\u30fc\uff0d-]+")


@dataclass(frozen=True, slots=True)
class Grid:
    """What cards look like: so many columns and rows, and so many characters of `alphabet` in each cell."""

    columns: int
    rows: int
    length: int
    alphabet: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells, row by row: A1, B1, …"""
        return tuple(f"{column}{row}" for row in range(1, self.rows + 1) for column in COLUMNS[: self.columns])

    @property
    def bits(self) -> float:
        """How much is guessed when one cell is."""
        return self.length * math.log2(len(self.alphabet))

    def enough(self, cells: int) -> int:
        """Give how many cells a question has: `cells`, or as many more as LEAST_BITS take."""
        return max(cells, math.ceil(LEAST_BITS / self.bits))

    def normalise(self, typed: str) -> str:
        """Take away or back what people and input methods add or change: spaces, widths, look-alikes (G-05)."""
        text = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:LONGEST_TYPED])).upper()
        return "".join(self._meant(each) for each in text)

    def is_text(self, text: str) -> bool:
        """Say whether a cell could hold this text."""
        return len(text) == self.length and set(text) <= set(self.alphabet)

    def _meant(self, character: str) -> str:
        if character in self.alphabet:
            return character
        group = next((each for each in LOOK_ALIKES if character in each), "")
        return next((each for each in group if each in self.alphabet), character)


@dataclass(frozen=True)
class Card:
    """One card: its number, its grid and the secret that all of it is made from."""

    number: str
    grid: Grid
    secret: Secret

    def text(self, cell: str) -> str:
        """Give what is printed in a cell."""
        value = int.from_bytes(self._mac("cell", cell), "big")
        characters = []
        for _ in range(self.grid.length):
            value, place = divmod(value, len(self.grid.alphabet))
            characters.append(self.grid.alphabet[place])
        return "".join(characters)

    def is_right(self, cells: tuple[str, ...], answers: tuple[str, ...]) -> bool:
        """Compare normalised answers, every one of them whatever the others gave (security.md G-05)."""
        right = [
            hmac.compare_digest(self.text(cell).encode("ascii"), answer.encode("utf-8", "replace"))
            for cell, answer in zip(cells, answers, strict=True)
        ]
        return bool(right) and all(right)

    def order(self, turn: int) -> tuple[str, ...]:
        """Give all cells as they are asked for; the order of each `turn` through the card is a secret of its own."""
        return self._first_order if not turn else self._order(turn)

    @cached_property
    def _first_order(self) -> tuple[str, ...]:
        return self._order(0)

    def _order(self, turn: int) -> tuple[str, ...]:
        return tuple(sorted(self.grid.cells, key=lambda cell: self._mac(f"order {turn}", cell)))

    def _mac(self, use: str, cell: str) -> bytes:
        return hmac.new(self.secret.reveal(), f"{use}\0{cell}".encode("ascii"), sha256).digest()


@dataclass(frozen=True, slots=True)
class Question:
    """The cells that are asked for now; once they are answered the card stands at `after`. `left` counts this one."""

    cells: tuple[str, ...]
    after: int
    left: int


def question_at(card: Card, position: int, cells: int, *, reusable: bool) -> Question | None:
    """Give the one question of a card whose first `position` cells were asked; None where the card is used up.

    It depends on nothing else, so every tab and conversation asks the same until it is answered (G-01, G-04). Cells are
    drawn without replacement (G-03); where they are `reusable` the card is gone through again, in another order.
    """
    total = len(card.grid.cells)
    turn, start = divmod(position, total)
    if start + cells > total and reusable:
        turn, start = turn + 1, 0
    if cells > total or start + cells > total or (turn and not reusable):
        return None
    asked = card.order(turn)[start : start + cells]
    return Question(asked, turn * total + start + cells, (total - start) // cells)
