"""Which plates are read again, from which crops, and how several readings vote."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.ctc import Reading, decode
from alpr.engines.embedded.models import Model
from alpr.engines.embedded.reader import Reader, vote
from alpr.plates import Box
from tests.engines.embedded.scripted import (
    ALPHABET,
    STEPS,
    ReaderNetwork,
    probabilities,
    striped,
)


def reading(text: str, confidence: float) -> Reading:
    return Reading(text, (confidence,) * len(text))


@pytest.mark.parametrize(
    ("readings", "text", "confidence"),
    [
        ([("AB128", 0.6), ("AB123", 0.5), ("AB123", 0.4)], "AB123", 0.5 * 0.41 / 0.77),
        ([("AB128", 0.8), ("AB123", 0.3), ("AB123", 0.2)], "AB128", 0.8 * 0.64 / 0.77),
        ([("AB128", 0.6), ("AB123", 0.4), ("AB123", 0.3)], "AB128", 0.6 * 0.36 / 0.61),
        ([("AB128", 0.6), ("AB128", 0.9)], "AB128", 0.9),
        ([("AB128", 0.3), ("18", 0.9), ("", 0.0)], "AB128", 0.3),
        ([("18", 0.6), ("1", 0.9)], "18", 0.6),
        ([("AB128", 0.3)], "AB128", 0.3),
        ([("A0B1", 0.5), ("AOBI", 0.6), ("A2B", 0.7)], "AOBI", 0.6 * 0.61 / 1.1),
    ],
)
def test_a_text_is_as_sure_as_its_share_of_the_vote(
    readings: list[tuple[str, float]], text: str, confidence: float
) -> None:
    best = vote([reading(*one) for one in readings])
    assert best.text == text
    assert best.confidence == pytest.approx(confidence)


def texts(network: ReaderNetwork, *boxes: Box) -> list[str]:
    image, reader = Image.new("RGB", (400, 300)), Reader(cast(Model, network))
    first = reader.read(image, boxes)
    return [reader.reread(image, box, one).text for box, one in zip(boxes, first, strict=True)]


WIDE, SQUARE = Box(100, 100, 300, 180), Box(180, 130, 220, 170)


@pytest.mark.parametrize(
    ("confidence", "again"),
    [(0.14, False), (0.15, True), (0.79, True), (0.81, False), (0.99, False)],
)
def test_only_doubtful_plates_are_read_again(confidence: float, again: bool) -> None:
    further = [[("AB123", 0.97)]] * 3
    network = ReaderNetwork([("AB124", 0.99), ("AB128", confidence)], *further)
    assert texts(network, WIDE, WIDE) == ["AB124", "AB123" if again else "AB128"]
    assert (len(network.sizes) > 1) == again


def test_a_doubt_that_few_crops_leave_gets_all_crops() -> None:
    network = ReaderNetwork(*[[(f"AB12{n}", 0.5 + n / 10)] for n in range(4)])
    assert texts(network, WIDE) == ["AB123"]
    assert network.sizes == [1, 2, 2, 4]  # No plate rotated by 20 degrees fits this box.


def test_a_doubt_that_two_crops_settle_gets_no_more() -> None:
    network = ReaderNetwork([("AB128", 0.5)], [("AB123", 0.97)])
    assert texts(network, WIDE) == ["AB123"]
    assert network.sizes == [1, 2]


def test_no_boxes_are_no_pass() -> None:
    assert texts(ReaderNetwork()) == []


def test_the_first_reading_votes_too() -> None:
    assert texts(ReaderNetwork([("AB128", 0.7)], [("AB123", 0.2)]), SQUARE) == ["AB128"]


def test_a_square_plate_is_not_taken_for_a_rotated_one() -> None:
    network = ReaderNetwork([("AB128", 0.5)], [("AB123", 0.6)])
    assert texts(network, SQUARE) == ["AB123"]
    assert network.sizes == [1, 2]


class Watching(ReaderNetwork):
    """Keeps the crops that it is given."""

    def __init__(self) -> None:
        super().__init__(*[[("AB128", 0.5)]] * 4)
        self.crops: list[NDArray[np.float32]] = []

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.crops += list(batch[:, 0])
        return super().run(batch)


def crops_of(image: Image.Image, box: Box) -> list[NDArray[np.float32]]:
    """What the reader sees of a plate that stays doubtful, the first crop first."""
    network = Watching()
    reader = Reader(cast(Model, network))
    (first,) = reader.read(image, [box])
    reader.reread(image, box, first)
    return network.crops


@pytest.mark.parametrize("degrees", [-20, -12, -4, 4, 12, 20])
def test_a_rotated_plate_is_upright_in_one_of_the_further_crops(degrees: float) -> None:
    image, box = striped(degrees)
    upright = [
        one[10:-10, 12:62].min() > 200 and one[10:-10, 82:-12].max() < 60
        for one in crops_of(image, box)
    ]
    assert not upright[0]
    assert any(upright)


def test_a_further_crop_shows_more_of_the_surroundings() -> None:
    image = Image.new("RGB", (400, 300), "black")
    image.paste("white", WIDE.corners)
    first, *further = (one.mean() for one in crops_of(image, WIDE))
    assert min(further) < first - 20


def test_the_answer_is_the_first_of_at_most_five_candidates() -> None:
    table = probabilities("A-B-1-", "", confidence=1.0)
    for step, chars in ((0, "A4H"), (2, "B83"), (4, "1I7")):
        for char, value in zip(chars, (0.6, 0.3, 0.1), strict=True):
            table[step, ALPHABET.index(char)] = value
    reader = Reader(cast(Model, ReaderNetwork()))
    found = reader.candidates(decode(table, STEPS, ALPHABET))
    assert len(found) == 5
    assert found[0].text == "AB1"
    assert found[0].probability == pytest.approx(0.216, rel=0.01)
    others = [one.probability for one in found[1:]]
    assert others == sorted(others, reverse=True)


def test_unlikely_texts_are_no_candidates() -> None:
    table = probabilities("A-B-1-", "", confidence=1.0)
    table[0, ALPHABET.index("A")], table[0, ALPHABET.index("4")] = 0.991, 0.009
    reader = Reader(cast(Model, ReaderNetwork()))
    found = reader.candidates(decode(table, STEPS, ALPHABET))
    assert [one.text for one in found] == ["AB1"]
