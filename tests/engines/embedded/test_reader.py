"""Greedy decoding, which plates are looked at again, and what several looks agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded import reader as reader_module
from alpr.engines.embedded.crops import Look, crop
from alpr.engines.embedded.models import Model
from alpr.engines.embedded.reader import Reader, Reading, agreed, decode
from alpr.plates import Box

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEPS = 6
FACTS: Mapping[str, Any] = {
    "alphabet": ALPHABET,
    "steps_per_line": STEPS,
    "margin": {"x": 0.06, "y": 0.2},
}


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


@pytest.mark.parametrize(
    ("place", "char", "sure"),
    [
        (0, "Z", (0.6, 0.9, 0.9)),
        (2, "Z", (0.6, 0.6, 0.9)),
        (5, "Z", (0.9, 0.9, 0.6)),
        (2, "A", (0.9, 0.9, 0.9)),
        (2, "B", (0.9, 0.9, 0.9)),
    ],
    ids=["before", "between", "after", "spread of the one before", "spread of the one after"],
)
def test_no_character_is_surer_than_that_none_was_left_out_beside_it(
    place: int, char: str, sure: tuple[float, ...]
) -> None:
    table = probabilities("-A-BC-", "12----")
    table[place, ALPHABET.index(char)] = 0.4
    reading = decode(table, STEPS, ALPHABET)
    assert reading.text == "ABC12"
    assert reading.confidences == pytest.approx((*sure, 0.9, 0.9))


def test_no_text_has_no_confidence() -> None:
    assert Reading("", ()).confidence == 0


def reading(text: str, confidence: float) -> Reading:
    return Reading(text, (confidence,) * len(text))


@pytest.mark.parametrize(
    ("looks", "text", "confidence"),
    [
        ([("AB128", 0.6), ("AB123", 0.5), ("AB123", 0.4)], "AB123", 0.5),
        ([("AB128", 0.8), ("AB123", 0.3), ("AB123", 0.2)], "AB128", 0.8),
        ([("AB128", 0.6), ("AB123", 0.4), ("AB123", 0.3)], "AB128", 0.6),
        ([("AB128", 0.3), ("18", 0.9), ("", 0.0)], "AB128", 0.3),
        ([("18", 0.6), ("1", 0.9)], "18", 0.6),
        ([("AB128", 0.3)], "AB128", 0.3),
        ([("A0B1", 0.5), ("AOBI", 0.6), ("A2B", 0.7)], "AOBI", 0.6),
    ],
)
def test_looks_agree_by_their_sureness(
    looks: list[tuple[str, float]], text: str, confidence: float
) -> None:
    best = agreed([reading(*look) for look in looks])
    assert (best.text, best.confidence) == (text, confidence)


class Network:
    """Stands in for a model: each pass says its texts in turn, as surely as it is told."""

    input_shape = ("batch", 1, 48, 144)
    facts = FACTS

    def __init__(self, *passes: Sequence[tuple[str, float]]) -> None:
        self._passes = list(passes)
        self.sizes: list[int] = []

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.sizes.append(len(batch))
        said = islice(cycle(self._passes.pop(0)), len(batch))
        return np.stack([probabilities(text, sure=sure) for text, sure in said])


def texts(network: Network, *boxes: Box) -> list[str]:
    image, reader = Image.new("RGB", (400, 300)), Reader(cast(Model, network))
    first = reader.read(image, boxes)
    return [reader.look_again(image, box, one).text for box, one in zip(boxes, first, strict=True)]


WIDE, SQUARE = Box(100, 100, 300, 180), Box(180, 130, 220, 170)


@pytest.mark.parametrize(
    ("sure", "again"), [(0.14, False), (0.15, True), (0.94, True), (0.96, False), (0.99, False)]
)
def test_only_doubtful_plates_are_looked_at_again(sure: float, again: bool) -> None:
    network = Network([("AB124", 0.99), ("AB128", sure)], [("AB123", 0.97)])
    assert texts(network, WIDE, WIDE) == ["AB124", "AB123" if again else "AB128"]
    assert len(network.sizes) == 1 + again


def test_what_few_looks_leave_in_doubt_gets_all() -> None:
    network = Network([("AB128", 0.5)], [("AB123", 0.6)], [("AB120", 0.7)])
    assert texts(network, WIDE) == ["AB120"]
    assert len(network.sizes) == 3


def test_no_plates_are_no_pass() -> None:
    assert texts(Network()) == []


def test_the_first_look_counts_too() -> None:
    assert texts(Network([("AB128", 0.7)], [("AB123", 0.2)]), SQUARE) == ["AB128"]


def test_a_square_plate_is_not_taken_for_a_turned_one() -> None:
    network = Network([("AB128", 0.5)], [("AB123", 0.6)])
    assert texts(network, SQUARE) == ["AB123"]
    assert network.sizes == [1, 2]


def test_looks_are_turned_both_ways_and_cut_tighter_and_wider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[Look] = []

    def noted(image: Image.Image, box: Box, look: Look, size: tuple[int, int]) -> Any:
        looks.append(look)
        return crop(image, box, look, size)

    monkeypatch.setattr(reader_module, "crop", noted)
    texts(Network([("AB128", 0.5)], [("AB123", 0.6)], [("AB123", 0.6)]), WIDE)
    first, *others = looks
    assert first == Look(0.06, 0.2)
    turned = [one for one in others if one.degrees]
    tighter, wider = (one for one in others if not one.degrees)
    assert {(one.across, one.down) for one in turned} == {(0.06, 0.2)}
    degrees = {one.degrees for one in turned}
    assert len(degrees) >= 4
    assert degrees == {-one for one in degrees}
    assert 0 < tighter.across < 0.06 < wider.across < 0.2
    assert 0.06 < tighter.down < 0.2 < wider.down < 0.4
