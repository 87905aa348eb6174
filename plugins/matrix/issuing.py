"""Cards made, replaced and taken back; who may do it, and that it is written down, is the caller's (issue.py)."""

from idp.plugin import Binding, Issued, SealError, Secret, Subject, Tools
from plugins.matrix.credential import MATRIX, HeldCard, held_card, new_card, read, write
from plugins.matrix.grid import Card
from plugins.matrix.settings import MatrixSettings
from plugins.matrix.sheet import sheet_of

BINDING = Binding.HELP_DESK
"""Whoever hands a card out has looked at who takes it (NIST SP 800-63B-4 3.1.2.1)."""


class CardIssuing:
    """What the help desk and the command may do with a person's card (`Issuing`)."""

    def __init__(self, settings: MatrixSettings) -> None:
        self._settings = settings

    def standing(self, subject: Subject, tools: Tools) -> str:
        """Give the number of the person's card; "?" for one that does not open, empty where there is none."""
        try:
            held = held_card(subject, tools)
        except SealError:
            return "?"
        return held.card.number if held is not None else ""

    def issue(self, subject: Subject, tools: Tools) -> Issued | None:
        """Make a card in place of the one that stands, which is worth nothing from then on (security.md G-07)."""
        card = self.make(subject, tools)
        return Issued(card.number, Secret(sheet_of([(subject.username, card)], tools))) if card is not None else None

    def make(self, subject: Subject, tools: Tools) -> Card | None:
        """Make a card as `issue` does, and give it."""
        card = new_card(self._settings.grid)
        values, sealed, facts = write(card, BINDING, tools.now)
        try:
            found = tools.credentials.list(subject, MATRIX)
        except SealError:
            # What does not open is of use to nobody, and is not in the way of a new one.
            tools.credentials.remove(subject, MATRIX)
            found = ()
        if found:
            done = tools.credentials.supersede(subject, found[0], MATRIX, values, sealed, facts)
        else:
            done = tools.credentials.insert(subject, MATRIX, values, sealed, facts, at_most=1) is not None
        return card if done else None

    def revoke(self, subject: Subject, tools: Tools) -> bool:
        """Take the person's card away, whether or not it opens."""
        return tools.credentials.remove(subject, MATRIX)

    def cards(self, subject: Subject, tools: Tools) -> list[HeldCard]:
        """Give the cards of a person, to be printed again. Raises SealError."""
        return [read(each) for each in tools.credentials.list(subject, MATRIX)]
