"""Crops and close-ups for the detector: boxes stay on the plate, whatever cuts it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")
pytest.importorskip("torch")

from training.detector.boxes import PLATE
from training.detector.large import Part, around, cut, fit, show

SIZE = (192, 384)
BOX = np.array([300, 200, 420, 230, PLATE], np.float32)


def photo() -> np.ndarray:
    """A dark photo with one white plate."""
    image = np.full((480, 640, 3), 20, np.uint8)
    image[200:230, 300:420] = 255
    return image


def test_a_close_up_shows_the_plate_where_its_box_says() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        part = around(BOX, SIZE, rng).within((480, 640))
        image, boxes = show(photo(), BOX[None], part, SIZE, rng)
        for x1, y1, x2, y2, _ in boxes:
            inside = image[int(y1) : round(y2), int(x1) : round(x2)]
            assert inside.mean() > 80
            outside = image.copy()
            outside[max(0, int(y1) - 3) : round(y2) + 3, max(0, int(x1) - 3) : round(x2) + 3] = 20
            assert (outside.min(2) > 200).mean() < 0.02


def test_a_cut_takes_a_part_of_the_plate_off() -> None:
    for seed in range(40):
        part = cut(Part(250, 150, 500, 300), BOX, np.random.default_rng(seed))
        left, right = max(part.x1, 300.0), min(part.x2, 420.0)
        top, bottom = max(part.y1, 200.0), min(part.y2, 230.0)
        assert 0.4 < (right - left) * (bottom - top) / (120 * 30) < 0.98


def test_a_part_fits_into_the_input() -> None:
    for seed in range(20):
        _, shown = fit(Part(10, 10, 300, 60), SIZE, np.random.default_rng(seed))
        assert shown[0] <= SIZE[0]
        assert shown[1] <= SIZE[1]
