"""Matrix cards in tests: made for a person, read, and answered as somebody who holds one does."""

import re

from idp.plugin import Subject
from plugins.matrix.credential import HeldCard, held_card
from plugins.matrix.grid import Card
from plugins.matrix.method import MatrixMethod
from tests.parts.site import Idp, Page


def subject_of(idp: Idp, username: str) -> Subject:
    """Give the entry of a user name."""
    subject = idp.site.tools("matrix").people.find(username)
    if subject is None:
        raise ValueError(username)
    return subject


def give_card(idp: Idp, username: str) -> Card:
    """Make a card for a person, in place of what they have."""
    method = idp.site.methods["matrix"].method
    if not isinstance(method, MatrixMethod):
        raise TypeError("no cards")
    card = method.make(subject_of(idp, username), idp.site.tools("matrix"))
    if card is None:
        raise ValueError("somebody else was first")
    return card


def card_in_directory(idp: Idp, username: str) -> HeldCard:
    """Give the card as it stands."""
    held = held_card(subject_of(idp, username), idp.site.tools("matrix"))
    if held is None:
        raise ValueError(username)
    return held


def cells_of(page: Page) -> tuple[str, ...]:
    """Give the cells that a page asks for."""
    return tuple(re.findall(r'name="cell_\d" data-cell="([A-Z]\d+)"', page.html))


def answers(card: Card, page: Page) -> dict[str, str]:
    """Give what the holder of a card enters into a page."""
    return {f"cell_{number}": card.text(cell) for number, cell in enumerate(cells_of(page), start=1)}


def wrong_answers(card: Card, page: Page) -> dict[str, str]:
    """Give the same with the last cell wrong."""
    right = answers(card, page)
    last = f"cell_{len(right)}"
    other = next(text for text in ("AA", "CC") if text != right[last])
    return {**right, last: other}
