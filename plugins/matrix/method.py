"""The matrix code page and its judgement: the cells are burnt in the directory before they count (G-01 to G-05)."""

from collections.abc import Sequence

from idp.plugin import (
    Ask,
    Code,
    Factor,
    Outcome,
    Problem,
    Proof,
    Proved,
    Refused,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from plugins.matrix.credential import GENERALIZED_TIME, MATRIX, HeldCard, held_card
from plugins.matrix.grid import Question, question_at
from plugins.matrix.issuing import CardIssuing
from plugins.matrix.settings import MatrixSettings

RACES = 5
"""How often a card that somebody else moved is looked at again."""


class MatrixMethod(CardIssuing):
    """Knows the person by the card that was handed to them."""

    def __init__(self, settings: MatrixSettings) -> None:
        super().__init__(settings)
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask the card's one outstanding question; refuse who has no card, or whose card is stopped or used up."""
        if visit.subject is None:
            return Refused(Code.NO_CARD)
        held = held_card(visit.subject, tools)
        question = self._question(held)
        return self._ask(visit.subject, held, question) if held is not None and question else self._refusal(held)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the answers to that question; which of them is wrong is not told (security.md G-05)."""
        if visit.subject is None:
            return Refused(Code.NO_CARD)
        ask: Ask | None = None
        for _ in range(RACES):
            held = held_card(visit.subject, tools)
            question = self._question(held)
            if held is None or question is None:
                return self._refusal(held)
            ask = self._ask(visit.subject, held, question)
            if visit.state and visit.state != ask.state:
                # It was answered elsewhere, or there is another card by now: nothing of this form is looked at.
                return Ask(ask.page, ask.values, Code.QUESTION_OVER, ask.state)
            outcome = self._judge(visit, held, question, ask, tools)
            if outcome is not None:
                return outcome
        return Wrong(Code.WRONG_CODE, ask) if ask is not None else Refused(Code.NO_CARD)

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what the directory's schema lacks to keep cards."""
        lacking = ", ".join(tools.credentials.lacks(MATRIX))
        remedy = "Add the schema of conf/ldap/README.md to the directory's configuration"
        return [Problem("the directory", "schema", f"it does not know {lacking}", remedy)] if lacking else []

    def _judge(self, visit: Visit, held: HeldCard, question: Question, ask: Ask, tools: Tools) -> Outcome | None:
        """Give what becomes of the form; None where the card was moved meanwhile, and is to be looked at again."""
        grid = held.card.grid
        typed = [visit.form.get(f"cell_{number}", "") for number in range(1, len(question.cells) + 1)]
        answers = tuple(grid.normalise(each) for each in typed)
        if not all(answers):
            return Ask(ask.page, ask.values, Code.CODE_EMPTY, ask.state)
        if not all(map(grid.is_text, answers)):
            return Ask(ask.page, ask.values, Code.CODE_FORMAT, ask.state)
        subject = visit.subject
        if subject is None:
            return Refused(Code.NO_CARD)
        if not held.card.is_right(question.cells, answers):
            failed = {"failures": str(held.failures + 1).encode()}
            return Wrong(Code.WRONG_CODE, ask) if self._swap(subject, held, failed, tools) else None
        burnt = {
            "state": str(question.after).encode(),
            "failures": b"0",
            "used_at": tools.now.strftime(GENERALIZED_TIME).encode(),
        }
        if not self._swap(subject, held, burnt, tools):
            return None
        proof = Proof("matrix", frozenset({Factor.POSSESSION}), tools.now, held.binding, held.bound_at)
        return Proved(subject, proof)

    def _swap(self, subject: Subject, held: HeldCard, new: dict[str, bytes], tools: Tools) -> bool:
        return tools.credentials.swap(subject, held.credential, MATRIX, new)

    def _question(self, held: HeldCard | None) -> Question | None:
        """Give what is asked of a card, None where nothing is: there is no card, it is stopped, or it is used up."""
        if held is None or held.failures >= self._settings.stop_after:
            return None
        asked = self._settings.asked(held.card.grid)
        return question_at(held.card, held.position, asked, reusable=self._settings.reusable)

    def _refusal(self, held: HeldCard | None) -> Refused:
        if held is None:
            return Refused(Code.NO_CARD)
        stopped = held.failures >= self._settings.stop_after
        return Refused(Code.CARD_STOPPED if stopped else Code.CARD_USED_UP)

    def _ask(self, subject: Subject, held: HeldCard, question: Question) -> Ask:
        """Give the page; `state` names card and question, so that a form that answers another one is not judged."""
        few = not self._settings.reusable and question.left <= self._settings.warn_at
        values = {
            "username": subject.username,
            "number": held.card.number,
            "cells": " ".join(question.cells),
            "left": str(question.left) if few else "",
            "size": str(held.card.grid.length),
        }
        state = f"{held.credential.id} {question.after}".encode("utf-8", "replace")
        return Ask("matrix", values, state=state)
