"""Photos on the detector's input: the boxes lie where the plates' pixels do."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")

from training.detector.boxes import PLATE
from training.detector.geometry import view, whole

SIZE = (256, 384)
BOX = np.array([[300, 200, 400, 230, PLATE]], np.float32)


def photo() -> np.ndarray:
    """A dark photo with one white plate."""
    image = np.full((480, 640, 3), 20, np.uint8)
    x1, y1, x2, y2 = BOX[0, :4].astype(int)
    image[y1:y2, x1:x2] = 255
    return image


def hull(image: np.ndarray) -> np.ndarray:
    """Box of all pixels that are white, as x1, y1, x2, y2."""
    rows, columns = np.nonzero(image.min(2) > 200)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


@pytest.mark.parametrize("seed", range(25))
def test_the_box_lies_around_the_plates_pixels(seed: int) -> None:
    image, boxes = view(photo(), BOX, SIZE, np.random.default_rng(seed))
    assert image.shape == (*SIZE, 3)
    if seen := [box for box in boxes if box[4] == PLATE]:
        assert len(seen) == 1
        # A border of any colour may be white itself.
        if (image.min(2) > 200).mean() < 0.4:
            assert np.abs(hull(image) - seen[0][:4]).max() < 4


def test_nearly_all_views_show_the_plate() -> None:
    views = (view(photo(), BOX, SIZE, np.random.default_rng(seed))[1] for seed in range(40))
    assert sum(bool((boxes[:, 4] == PLATE).any()) for boxes in views) > 30


def test_the_same_seed_gives_the_same_view() -> None:
    one, other = (view(photo(), BOX, SIZE, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_a_whole_photo_fits_like_in_the_service() -> None:
    assert whole((480, 640), SIZE).tolist() == [
        [0.5333333333333333, 0, 0],
        [0, 0.5333333333333333, 0],
    ]
