"""Where a plate can be cut without cutting a character."""

from __future__ import annotations

import numpy as np
import pytest

from training.alphabet import ALPHABET
from training.reader.gaps import gap_between, row_between, steps_of
from training.reader.shape import BLANK, CLASSES, HEIGHT, STEPS, WIDTH


def spoken(text: str, every: int = 4) -> np.ndarray:
    """Probabilities [STEPS, CLASSES] of a reader that sees a character every few steps."""
    probabilities = np.full((STEPS, CLASSES), 0.001, np.float32)
    probabilities[:, BLANK] = 0.9
    for number, char in enumerate(text):
        at = 2 + every * number
        probabilities[at, ALPHABET.index(char)] = 0.95
        probabilities[at + 1, ALPHABET.index(char)] = 0.92
    return probabilities


def test_each_character_has_the_step_that_says_it_with_most_confidence() -> None:
    assert steps_of(spoken("AB12"), "AB12") == [2, 6, 10, 14]


def test_there_are_no_steps_where_another_text_is_read() -> None:
    assert steps_of(spoken("AB12"), "AB13") == []


def test_the_gap_is_the_column_with_the_least_ink_near_the_middle() -> None:
    ink = np.full(60, 10.0)
    ink[31] = 1.0
    ink[21] = 0.0  # too near to one of them
    assert gap_between(ink, 20, 40) == 31.5


def two_lines(gap: slice) -> np.ndarray:
    plate = np.tile(np.where(np.arange(WIDTH) // 4 % 2, 255, 0), (HEIGHT, 1)).astype(np.uint8)
    plate[gap] = 255
    return plate


def test_the_row_between_two_lines_has_no_ink() -> None:
    (row,) = row_between(two_lines(slice(22, 25)))
    assert 22 <= row <= 25


def test_a_plate_without_an_empty_row_is_not_cut() -> None:
    assert row_between(two_lines(slice(0, 0))) == ()


@pytest.mark.parametrize("edge", [2, HEIGHT - 3])
def test_an_empty_row_at_the_edge_is_no_gap(edge: int) -> None:
    assert row_between(two_lines(slice(edge, edge + 2))) == ()
