"""The arithmetic of a card: cells from its secret alone, one question at a time, each cell once (G-01, G-03, G-05)."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from idp.core.secret import Secret
from plugins.matrix.grid import LEAST_BITS, LOOK_ALIKES, Card, Grid, question_at
from plugins.matrix.settings import MatrixSettings

SHIPPED = MatrixSettings()
CARD = Card("1234-5678", SHIPPED.grid, Secret(bytes(range(32))))
OTHER = Card("1234-5678", SHIPPED.grid, Secret(bytes(32)))


def test_a_card_is_made_from_its_secret_alone() -> None:
    again = Card("0000-0000", SHIPPED.grid, Secret(bytes(range(32))))

    assert {cell: CARD.text(cell) for cell in CARD.grid.cells} == {cell: again.text(cell) for cell in CARD.grid.cells}
    assert sum(CARD.text(cell) == OTHER.text(cell) for cell in CARD.grid.cells) < 5
    assert CARD.order(0) == again.order(0) != OTHER.order(0)


def test_every_character_is_as_likely_as_any_other() -> None:
    counts = Counter(
        character
        for number in range(200)
        for cell in CARD.grid.cells
        for character in Card("", SHIPPED.grid, Secret(number.to_bytes(32, "big"))).text(cell)
    )

    mean = sum(counts.values()) / len(SHIPPED.alphabet)
    assert set(counts) == set(SHIPPED.alphabet)
    assert sum((count - mean) ** 2 / mean for count in counts.values()) < 70  # chi-squared, 26 degrees of freedom


@given(st.binary(min_size=32, max_size=32), st.integers(1, 8))
def test_g03_a_card_asks_for_each_cell_once_and_is_used_up(secret: bytes, cells: int) -> None:
    card = Card("", SHIPPED.grid, Secret(secret))
    position, asked, left = 0, [], []

    while (question := question_at(card, position, cells, reusable=False)) is not None:
        assert question == question_at(card, position, cells, reusable=False)
        position = question.after
        asked += question.cells
        left.append(question.left)

    assert len(asked) == len(set(asked)) == 80 - 80 % cells
    assert left == list(range(80 // cells, 0, -1))


def test_g03_other_settings_in_between_ask_for_no_cell_again() -> None:
    first = question_at(CARD, 0, 3, reusable=False)
    assert first is not None
    second = question_at(CARD, first.after, 5, reusable=False)
    assert second is not None

    assert set(first.cells).isdisjoint(second.cells)


def test_g03_used_cells_are_spread_evenly_over_many_cards() -> None:
    counts = Counter(
        cell
        for number in range(1000)
        for cell in Card("", SHIPPED.grid, Secret(number.to_bytes(32, "big"))).order(0)[:3]
    )

    mean = 3000 / 80
    assert sum((counts[cell] - mean) ** 2 / mean for cell in CARD.grid.cells) < 140  # chi-squared, 79 degrees


def test_a_site_that_reuses_cells_goes_through_the_card_again_in_another_order() -> None:
    position, asked = 0, []
    for _ in range(26 * 2):
        question = question_at(CARD, position, 3, reusable=True)
        assert question is not None
        position = question.after
        asked.append(question.cells)

    assert asked[:26] != asked[26:]
    assert len({cell for cells in asked[26:] for cell in cells}) == 78
    assert question_at(CARD, 83, 3, reusable=False) is None, "a site that changes its mind ends such cards"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param(" a c ", "AC", id="G-05-spaces"),
        pytest.param("ａｃ", "AC", id="G-05-full-width"),
        pytest.param("a-c", "AC", id="G-05-dash"),
        pytest.param("z5", "2S", id="G-05-look-alikes-of-the-alphabet"),
        pytest.param("Ａ　Ｃ", "AC", id="G-05-ideographic-space"),
        pytest.param("b8", "88", id="G-05-b-is-8"),
    ],
)
def test_g05_what_is_typed_is_what_was_meant(typed: str, meant: str) -> None:
    grid = Grid(10, 8, 2, "246789ACDEFGHJKMNPQRSTVWXY")

    assert grid.normalise(typed) == meant


@pytest.mark.parametrize("typed", ["", " ", "*", "%", "A*", "..", "ABC", "é", "\ud800", "0O", "\0\0"])
def test_g05_what_cannot_stand_in_a_cell_is_no_answer(typed: str) -> None:
    assert not SHIPPED.grid.is_text(SHIPPED.grid.normalise(typed))


def test_g05_an_answer_is_right_in_every_cell_or_wrong() -> None:
    cells = ("A1", "B2", "C3")
    right = tuple(CARD.text(cell) for cell in cells)

    assert CARD.is_right(cells, right)
    for place in range(3):
        assert not CARD.is_right(cells, (*right[:place], "??", *right[place + 1 :]))
    assert not CARD.is_right(cells, right[::-1])
    assert not CARD.is_right((), ())


def test_g02_a_question_of_a_card_as_shipped_has_more_than_twenty_bits() -> None:
    assert SHIPPED.cells * SHIPPED.grid.bits > LEAST_BITS
    assert not any(len(set(group) & set(SHIPPED.alphabet)) > 1 for group in LOOK_ALIKES)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"cells": 2}, "19.0 bits", id="G-02-two-cells"),
        pytest.param({"alphabet": "0123456789"}, "19.9 bits", id="G-02-three-cells-of-two-digits"),
        pytest.param({"alphabet": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}, "look alike", id="G-05-look-alikes"),
        pytest.param({"alphabet": "AACDEFGHJK"}, "twice", id="a-character-twice"),
        pytest.param({"alphabet": "abcdefgh"}, "capital", id="small-letters"),
        pytest.param({"columns": 2, "rows": 2, "cells": 5}, "more cells than a card", id="too-small-a-card"),
    ],
)
def test_settings_that_would_not_do_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        MatrixSettings(**settings)  # type: ignore[arg-type]


def test_g02_who_wants_less_than_twenty_bits_says_so() -> None:
    weak = MatrixSettings(alphabet="0123456789", allow_weak=True)

    assert weak.asked(weak.grid) == 3


def test_g02_a_card_of_former_settings_is_asked_for_as_many_cells_as_it_takes() -> None:
    digits = Grid(10, 8, 2, "0123456789")

    asked = SHIPPED.asked(digits)

    assert asked == 4
    assert asked * 2 * math.log2(10) >= LEAST_BITS
