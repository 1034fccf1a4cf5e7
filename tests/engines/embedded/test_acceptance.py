"""Which texts are a plate's, by the combined score and the context likelihood."""

from __future__ import annotations

import pytest

from alpr.engines.embedded.acceptance import Place, is_plate, is_possible, place_of
from alpr.engines.embedded.ctc import Reading
from alpr.plates import Box


def reading(text: str, confidence: float) -> Reading:
    return Reading(text, (confidence,) * len(text))


def never() -> float:
    raise AssertionError("the context was run for nothing")


@pytest.mark.parametrize(
    ("text", "confidence", "expected"),
    [
        ("AB123", 0.9, True),
        ("AB123", 0.1, False),
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
def test_a_plate_has_digits_a_usual_length_and_enough_confidence(
    text: str, confidence: float, expected: bool
) -> None:
    assert is_plate(reading(text, confidence), 0.6, lambda: 0.5) == expected


@pytest.mark.parametrize(
    ("confidence", "score", "expected"),
    [(0.12, 0.9, True), (0.15, 0.6, False), (0.2, 0.55, True), (0.08, 1.0, False)],
)
def test_confidence_and_detection_score_count_together(
    confidence: float, score: float, expected: bool
) -> None:
    assert is_plate(reading("AB123", confidence), score, lambda: 1.0) == expected


@pytest.mark.parametrize(
    ("text", "confidence", "likelihood", "expected"),
    [
        ("FASTCAR", 0.95, 0.9, True),
        ("FASTCAR", 0.95, 0.07, True),
        ("FASTCAR", 0.95, 0.05, False),
        ("FASTCAR", 0.8, 0.5, False),
        ("FASTCAR", 0.8, 0.7, True),
        ("G0FASTER", 0.95, 0.9, True),
        ("G0FASTER", 0.6, 0.8, False),
        ("AB123", 0.5, 0.065, False),
        ("AB123", 0.5, 0.07, True),
        ("AB123", 0.12, 0.9, True),
        ("AB123", 0.1, 1.0, False),
        ("AB123", 0.65, 0.05, False),
        ("AB123", 0.68, 0.05, True),
        ("BAKERY30", 0.7, 0.05, False),
        ("BAKERY30", 0.7, 0.11, True),
        ("BAKERY30", 0.8, 0.05, True),
        ("ABC1234", 0.7, 0.05, True),
    ],
)
def test_words_and_doubtful_texts_need_a_likely_context(
    text: str, confidence: float, likelihood: float, expected: bool
) -> None:
    assert is_plate(reading(text, confidence), 0.9, lambda: likelihood) == expected


def test_the_context_of_a_clear_plate_is_not_computed() -> None:
    assert is_plate(reading("AB123", 0.7), 0.9, never)


@pytest.mark.parametrize(
    ("text", "confidence", "likelihood", "expected"),
    [
        ("F1", 0.96, 0.6, True),
        ("F1", 0.94, 0.6, False),
        ("F1", 0.96, 0.4, False),
        ("M1", 0.99, 0.9, True),
        ("18", 0.99, 0.9, False),
        ("1", 0.99, 0.9, False),
    ],
)
def test_two_characters_are_a_plate_on_a_vehicle_if_both_are_certain(
    text: str, confidence: float, likelihood: float, expected: bool
) -> None:
    assert is_plate(reading(text, confidence), 0.8, lambda: likelihood) == expected


@pytest.mark.parametrize("text", ["AB123", "BAKERY30", "F1", "", "1"])
def test_texts_with_digits_are_possible_in_any_context(text: str) -> None:
    assert is_possible(text, never)


@pytest.mark.parametrize(("likelihood", "expected"), [(0.05, False), (0.07, True)])
def test_a_word_is_possible_in_a_likely_context(likelihood: float, expected: bool) -> None:
    assert is_possible("EXIT", lambda: likelihood) == expected


@pytest.mark.parametrize(
    ("place", "confidence", "likelihood", "expected"),
    [
        (Place.EDGE, 0.8, 0.05, False),
        (Place.EDGE, 0.8, 0.07, True),
        (Place.EDGE, 0.9, 0.0, True),
        (Place.CORNER, 0.7, 0.19, False),
        (Place.CORNER, 0.7, 0.21, True),
        (Place.CORNER, 0.8, 0.05, False),
        (Place.CORNER, 0.8, 0.07, True),
        (Place.CORNER, 0.9, 0.0, True),
        (Place.INSIDE, 0.7, 0.0, True),
    ],
)
def test_a_text_needs_what_its_place_demands(
    place: Place, confidence: float, likelihood: float, expected: bool
) -> None:
    assert is_plate(reading("CAM05", confidence), 1.0, lambda: likelihood, place) == expected


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom", "place"),
    [
        (5, 10, 205, 90, Place.CORNER),
        (1100, 10, 1275, 90, Place.CORNER),
        (5, 630, 205, 710, Place.CORNER),
        (1100, 630, 1275, 710, Place.CORNER),
        (540, 10, 740, 90, Place.EDGE),
        (540, 630, 740, 710, Place.EDGE),
        (5, 300, 205, 380, Place.INSIDE),
        (540, 10, 740, 140, Place.INSIDE),
        (540, 580, 740, 710, Place.INSIDE),
    ],
)
def test_only_the_upper_and_the_lower_strip_are_an_edge_and_their_ends_corners(
    left: int, top: int, right: int, bottom: int, place: Place
) -> None:
    assert place_of(Box(left, top, right, bottom), 1280, 720) is place
