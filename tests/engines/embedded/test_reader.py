"""Greedy decoding, and what several looks at one plate agree on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr.engines.embedded.reader import Reading, agreed, decode

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


def reading(text: str, confidence: float) -> Reading:
    return Reading(text, (confidence,) * len(text))


@pytest.mark.parametrize(
    ("looks", "text", "confidence"),
    [
        ([("AB128", 0.6), ("AB123", 0.5), ("AB123", 0.4)], "AB123", 0.5),
        ([("AB128", 0.8), ("AB123", 0.3), ("AB123", 0.2)], "AB128", 0.8),
        ([("AB128", 0.3), ("18", 0.9), ("", 0.0)], "AB128", 0.3),
        ([("18", 0.6), ("1", 0.9)], "18", 0.6),
        ([("AB128", 0.3)], "AB128", 0.3),
    ],
)
def test_looks_agree_by_their_sureness(
    looks: list[tuple[str, float]], text: str, confidence: float
) -> None:
    best = agreed([reading(*look) for look in looks])
    assert (best.text, best.confidence) == (text, confidence)
