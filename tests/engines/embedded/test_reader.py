"""Greedy decoding: repeats, blanks and two lines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr.engines.embedded.reader import Reading, decode

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEPS = 6


def probabilities(upper: str, lower: str = "", sure: float = 0.9) -> NDArray[np.float32]:
    """Steps that say these characters, ``-`` for the blank."""
    table = np.full((2 * STEPS, len(ALPHABET) + 1), 0.0, np.float32)
    for place, char in enumerate(upper.ljust(STEPS, "-") + lower.ljust(STEPS, "-")):
        table[place, (ALPHABET + "-").index(char)] = sure
    return table


@pytest.mark.parametrize(
    ("upper", "lower", "text"),
    [
        ("", "", ""),
        ("A-B-1-", "", "AB1"),
        ("AAB-11", "", "AB1"),
        ("A-AB1-", "", "AAB1"),
        ("--AB--", "-12-3-", "AB123"),
        ("-----A", "A-----", "AA"),
    ],
)
def test_decode(upper: str, lower: str, text: str) -> None:
    assert decode(probabilities(upper, lower), STEPS, ALPHABET).text == text


def test_a_characters_confidence_is_its_best_steps() -> None:
    table = probabilities("AAB---")
    table[0, ALPHABET.index("A")] = 0.6
    table[2, ALPHABET.index("B")] = 0.7
    reading = decode(table, STEPS, ALPHABET)
    assert reading.confidences == pytest.approx((0.9, 0.7))
    assert reading.confidence == pytest.approx(0.7)


def test_no_text_has_no_confidence() -> None:
    assert Reading("", ()).confidence == 0
