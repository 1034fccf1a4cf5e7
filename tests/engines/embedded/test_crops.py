"""Cutting plates out: upright, turned back, at the picture's edge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from alpr.engines.embedded.crops import Look, crop
from alpr.plates import Box

SIZE = (144, 48)


def striped(degrees: float) -> tuple[Image.Image, Box]:
    """A plate of 200 x 50 pixels, its left half white, turned clockwise; and the box around it."""
    image = Image.new("RGB", (400, 300), "black")
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def at(x: float, y: float) -> tuple[float, float]:
        return 200 + x * cos - y * sin, 150 + x * sin + y * cos

    ImageDraw.Draw(image).polygon([at(-100, -25), at(-100, 25), at(0, 25), at(0, -25)], "white")
    corners = [at(x, y) for x in (-100, 100) for y in (-25, 25)]
    xs, ys = zip(*corners, strict=True)
    return image, Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))


@pytest.mark.parametrize("degrees", [-16, -4, 0, 4, 16])
def test_a_plate_is_turned_back_and_fills_the_crop(degrees: float) -> None:
    image, box = striped(degrees)
    cut = crop(image, box, Look(0, 0, degrees), SIZE)
    assert cut is not None
    assert cut.shape == (1, 48, 144)
    assert cut[0, 4:-4, 6:66].min() > 200
    assert cut[0, 4:-4, 78:].max() < 60


@pytest.mark.parametrize("degrees", [-16, 0, 16])
def test_margins_are_shares_of_the_plate(degrees: float) -> None:
    image, box = striped(degrees)
    cut = crop(image, box, Look(0.5, 0.5, degrees), SIZE)
    assert cut is not None
    rows, columns = np.nonzero(cut[0] > 128)
    assert (columns.min(), columns.max()) == pytest.approx((36, 72), abs=2)
    assert (rows.min(), rows.max()) == pytest.approx((12, 36), abs=2)


def test_a_flat_box_holds_no_plate_that_is_turned_far() -> None:
    image, _ = striped(0)
    assert crop(image, Box(100, 140, 300, 160), Look(0, 0, 16), SIZE) is None
    assert crop(image, Box(180, 130, 220, 170), Look(0, 0, 8), SIZE) is None


@pytest.mark.parametrize("box", [Box(0, 0, 40, 30), Box(360, 270, 400, 300), Box(0, 0, 400, 300)])
@pytest.mark.parametrize("degrees", [-16, 0, 8])
def test_boxes_at_the_edge_can_be_cut(box: Box, degrees: float) -> None:
    image, _ = striped(0)
    cut = crop(image, box, Look(0.06, 0.1, degrees), SIZE)
    assert cut is None or cut.shape == (1, 48, 144)
