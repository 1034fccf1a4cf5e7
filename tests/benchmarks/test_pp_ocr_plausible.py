"""Which lines of text count as plates."""

from __future__ import annotations

import pytest

from alpr.plates import Box
from benchmarks.peers.pp_ocr.plausible import Line, find_plates

SCORE_THRESHOLD = 0.6


def line(
    text: str, x: int = 100, y: int = 100, height: int = 40, pitch: float = 0.6, score: float = 0.9
) -> Line:
    """A level line from ``(x, y)``, each character ``pitch`` times as wide as the line is high."""
    length = round(pitch * height * len(text))
    box = Box(x, y, x + length, y + height)
    return Line(text, (score,) * len(text), box, length, height)


def texts(*lines: Line) -> list[str]:
    return [plate.text for plate in find_plates(lines, SCORE_THRESHOLD)]


@pytest.mark.parametrize(
    ("written", "plate"),
    [
        ("BA-1234", "BA1234"),
        ("AB·12 CDE", "AB12CDE"),
        ("gÖ AB 123", "GOAB123"),
        ("沪JS6999", "JS6999"),
        ("75-29-KV", "7529KV"),
        ("2T4-02-11", "2T40211"),
        ("123456", "123456"),
    ],
)
def test_separators_and_accents_are_dropped(written: str, plate: str) -> None:
    assert texts(line(written)) == [plate]


@pytest.mark.parametrize(
    "words",
    ["TEXAS", "C200", "Exit 12b", "12:34:56", "2026-11-22", "24/12/2026", "0800 123456", "--",
     "NO PARKING 8-18"],
)  # fmt: skip
def test_other_texts_are_not_plates(words: str) -> None:
    assert texts(line(words)) == []


@pytest.mark.parametrize("pitch", [0.1, 2.0])
def test_characters_of_other_shapes_are_not_plates(pitch: float) -> None:
    assert texts(line("AB1234", pitch=pitch)) == []


def test_lines_below_the_threshold_are_ignored() -> None:
    assert texts(line("AB1234", score=SCORE_THRESHOLD - 0.01)) == []


def test_plates_are_sorted_by_confidence() -> None:
    assert texts(line("AB1234", score=0.7), line("CD5678", x=600, score=0.8)) == [
        "CD5678",
        "AB1234",
    ]


def test_a_state_and_its_slogan_are_not_joined_to_the_plate() -> None:
    state, slogan = line("OHIO", 140, 75, 20), line("Birthplace", 130, 145, 14)
    assert texts(state, line("HAB 1234"), slogan) == ["HAB1234"]


def test_two_lines_are_joined_from_the_top() -> None:
    upper, lower = line("59-V1", 110, 100, 40, 0.7, 0.8), line("793.79", 100, 145, 42, 0.7)
    (plate,) = find_plates([lower, upper], SCORE_THRESHOLD)
    assert plate.text == "59V179379"
    assert plate.box.corners == (100, 100, lower.box.x_max, 187)
    assert plate.confidence == pytest.approx(0.8)
    assert plate.char_confidences == (0.8,) * 4 + (0.9,) * 5


def test_two_groups_of_letters_are_not_a_plate() -> None:
    assert texts(line("ZU", 100), line("DEN", 155)) == []


def test_groups_of_one_line_are_joined_from_the_left() -> None:
    left = line("M008KA", 100)
    right = line("777", left.box.x_max + 5, 102, 30)
    assert texts(right, left) == ["M008KA777"]


@pytest.mark.parametrize(
    "other",
    [
        line("CD78", 124, 300),  # another car's, far below
        line("CD78", 600, 100),  # another car's, far to the right
        line("CD78", 249, 120),  # half a line lower
        line("CD78", 200, 145),  # below, but to one side
        line("CD5678", 249),  # beside it, as long as a plate itself
        line("21", 160, 145),  # below, but much narrower
        line("2024", 124, 140, 18, 1.2),  # below, but much smaller
        line("14", 247, 100, 12),  # a sticker
        line("D", 80, 105, 32),  # the country on a blue band
        line("UTAH", 110, 60),  # a word of the same size
        line("CD5678", 100, 145),  # as long as a plate itself
    ],
)
def test_other_lines_are_not_joined(other: Line) -> None:
    assert "AB1234" in texts(line("AB1234"), other)
