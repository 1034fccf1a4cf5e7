"""Halves of two real plates become one plate with their texts' halves."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytest.importorskip("cv2")

from training.reader.cross import crossed
from training.reader.data import RealCrop

LEVEL = {"A": 40, "B": 80, "C": 120, "1": 160, "2": 200, "3": 240}
CELL, ROOM, ROWS = 20, 10, 30


def plate(text: str) -> RealCrop:
    """A crop in which every character is a grey bar of its own level, with gaps between."""
    image = np.full((ROWS + 2 * ROOM, CELL * len(text) + 2 * ROOM), 128, np.uint8)
    for number, char in enumerate(text):
        left = ROOM + number * CELL
        image[ROOM : ROOM + ROWS, left : left + CELL] = LEVEL[char]
    cuts = tuple(float(ROOM + CELL * number) for number in range(1, len(text)))
    return RealCrop(image, (ROOM, ROOM, ROOM + CELL * len(text), ROOM + ROWS), (text, ""), cuts)


def levels(crop: RealCrop) -> list[float]:
    """Mean grey of each character's bar."""
    x1, y1, x2, y2 = (int(side) for side in crop.box)
    bars = np.split(crop.image[y1:y2, x1:x2].astype(float), (x2 - x1) // CELL, axis=1)
    return [float(bar.mean()) for bar in bars]


def test_text_and_pixels_change_over_at_the_same_place() -> None:
    one = plate("ABC123")
    for seed in range(20):
        made = crossed(random.Random(seed), one, [plate("321CBA")])
        text = made.lines[0]
        assert len(text) == round((made.box[2] - made.box[0]) / CELL)
        assert levels(made) == pytest.approx([LEVEL[char] for char in text], abs=2)


def test_nearly_all_joined_plates_have_a_new_text() -> None:
    one, others = plate("ABC123"), [plate("321CBA"), plate("CCC111")]
    texts = {crossed(random.Random(seed), one, others).lines[0] for seed in range(30)}
    assert len(texts - {"ABC123"}) > 5


def test_a_plate_that_cannot_be_cut_stays_as_it_is() -> None:
    whole = RealCrop(plate("ABC").image, plate("ABC").box, ("ABC", ""))
    assert crossed(random.Random(0), whole, [plate("123")]) is whole


def test_a_blur_is_not_put_beside_a_sharp_plate() -> None:
    one, small = plate("ABC123"), plate("321CBA")
    tiny = RealCrop(small.image, (10, 10, 40, 17), small.lines, small.cuts)
    assert crossed(random.Random(0), one, [tiny]) is one


def test_the_second_half_is_lit_like_the_first() -> None:
    one, other = plate("AAAAAA"), plate("333333")
    made = next(
        made
        for made in (crossed(random.Random(seed), one, [other]) for seed in range(20))
        if made is not one
    )
    assert levels(made)[-1] == pytest.approx(LEVEL["A"], abs=10)
