"""Measuring finds boxes as the service does: letterbox, network, suppression."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.engines.embedded.scripted import pixels
from training.detector.inference import Array, find, find_in_grid

PLATE = (200, 120, 400, 180)  # of the photo, white on black


def photo() -> Image.Image:
    image = Image.new("RGB", (1280, 640))
    image.paste((255, 255, 255), PLATE)
    return image


def network(batch: NDArray[np.uint8]) -> Array:
    """Finds what is white, twice, the second time a little off and with less confidence."""
    rows = []
    for image in batch:
        ys, xs = np.nonzero(pixels(image).min(2) > 200)
        if not len(xs):
            rows.append(np.zeros((2, 5), np.float32))
            continue
        box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1, 0.9], np.float32)
        rows.append(np.stack([box, box + np.array([1, 0, 1, 0, -0.2], np.float32)]))
    return np.stack(rows)


@pytest.mark.parametrize("long_side", [320, 640, 2000])
def test_a_plate_is_found_once_and_in_the_photos_own_pixels(long_side: int) -> None:
    (row,) = find(network, photo(), long_side, 0.5)
    assert row[:4] == pytest.approx(PLATE, abs=4)
    assert row[4] == pytest.approx(0.9)


def test_what_scores_below_the_threshold_is_not_found() -> None:
    assert not len(find(network, photo(), 640, 0.95))


def test_a_grid_finds_it_where_it_is() -> None:
    (row,) = find_in_grid(network, photo(), 640, 0.5, 2)
    assert row[:4] == pytest.approx(PLATE, abs=4)
