"""Greedy CTC decoding and each character's confidence."""

from __future__ import annotations

import pytest

from alpr.engines.embedded.ctc import Reading, decode
from tests.engines.embedded.scripted import ALPHABET, STEPS, probabilities


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
def test_repeats_and_blanks_are_removed(upper: str, lower: str, text: str) -> None:
    assert decode(probabilities(upper, lower), STEPS, ALPHABET).text == text


def test_a_characters_confidence_is_its_best_steps() -> None:
    table = probabilities("AAB---")
    table[0, ALPHABET.index("A")] = 0.6
    table[2, ALPHABET.index("B")] = 0.7
    reading = decode(table, STEPS, ALPHABET)
    assert reading.confidences == pytest.approx((0.9, 0.7))
    assert reading.confidence == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("step", "char", "confidences"),
    [
        (0, "Z", (0.6, 0.9, 0.9)),
        (2, "Z", (0.6, 0.6, 0.9)),
        (5, "Z", (0.9, 0.9, 0.6)),
        (2, "A", (0.9, 0.9, 0.9)),
        (2, "B", (0.9, 0.9, 0.9)),
    ],
    ids=["before", "between", "after", "spread of the one before", "spread of the one after"],
)
def test_confidence_is_capped_where_a_character_may_be_dropped(
    step: int, char: str, confidences: tuple[float, ...]
) -> None:
    table = probabilities("-A-BC-", "12----")
    table[step, ALPHABET.index(char)] = 0.4
    reading = decode(table, STEPS, ALPHABET)
    assert reading.text == "ABC12"
    assert reading.confidences == pytest.approx((*confidences, 0.9, 0.9))


def test_an_empty_text_has_no_confidence() -> None:
    assert Reading("", ()).confidence == 0
