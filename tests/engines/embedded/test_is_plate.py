"""Which texts are taken for a plate's, by how sure the models are and by their place."""

from __future__ import annotations

import pytest

from alpr.engines.embedded.engine import is_plate
from alpr.engines.embedded.reader import Reading


@pytest.mark.parametrize(
    ("text", "confidence", "wanted"),
    [
        ("AB123", 0.9, True),
        ("AB123", 0.2, False),
        ("A1", 0.9, False),
        ("ABCDEFGHIJ12", 0.9, False),
        ("123456", 0.9, True),
        ("EXIT", 0.9, False),
        ("N0PARKING", 0.9, False),
        ("ABC1", 0.9, True),
        ("ABC101", 0.9, True),
        ("ABCDE7", 0.9, True),
    ],
)
def test_what_is_taken_for_a_plate(text: str, confidence: float, wanted: bool) -> None:
    assert is_plate(Reading(text, (confidence,) * len(text)), 0.6, lambda: 0.5) == wanted


@pytest.mark.parametrize(
    ("confidence", "score", "wanted"),
    [(0.25, 0.9, True), (0.3, 0.6, False), (0.4, 0.55, True), (0.15, 1.0, False)],
)
def test_both_models_have_to_be_sure(confidence: float, score: float, wanted: bool) -> None:
    assert is_plate(Reading("AB123", (confidence,) * 5), score, lambda: 1.0) == wanted


@pytest.mark.parametrize(
    ("text", "confidence", "likelihood", "wanted"),
    [
        ("FASTCAR", 0.95, 0.9, True),
        ("FASTCAR", 0.95, 0.5, False),
        ("G0FASTER", 0.95, 0.9, True),
        ("G0FASTER", 0.6, 0.9, False),
        ("AB123", 0.5, 0.05, False),
        ("AB123", 0.5, 0.07, True),
        ("AB123", 0.6, 0.05, True),
        ("BAKERY30", 0.7, 0.05, False),
        ("BAKERY30", 0.7, 0.07, True),
        ("BAKERY30", 0.8, 0.05, True),
        ("ABC1234", 0.7, 0.05, True),
    ],
)
def test_a_word_and_what_is_doubtful_has_to_be_where_plates_are(
    text: str, confidence: float, likelihood: float, wanted: bool
) -> None:
    assert is_plate(Reading(text, (confidence,) * len(text)), 0.9, lambda: likelihood) == wanted


def test_the_place_of_a_text_that_is_surely_a_plates_is_not_asked_for() -> None:
    def never() -> float:
        raise AssertionError("the context was run for nothing")

    assert is_plate(Reading("AB123", (0.6,) * 5), 0.9, never)
