"""Crops of plates: upright, rotated back, at the edge of the image."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from alpr.engines.embedded.crops import CropView, crop
from alpr.plates import Box
from tests.engines.embedded.scripted import striped

SIZE = (144, 48)


@pytest.mark.parametrize("degrees", [-16, -4, 0, 4, 16])
def test_a_plate_is_rotated_back_and_fills_the_crop(degrees: float) -> None:
    image, box = striped(degrees)
    cut = crop(image, box, CropView(0, 0, degrees), SIZE)
    assert cut is not None
    assert cut.shape == (1, 48, 144)
    assert cut[0, 4:-4, 6:66].min() > 200
    assert cut[0, 4:-4, 78:].max() < 60


@pytest.mark.parametrize("degrees", [-16, 0, 16])
def test_margins_are_fractions_of_the_plate(degrees: float) -> None:
    image, box = striped(degrees)
    cut = crop(image, box, CropView(0.5, 0.5, degrees), SIZE)
    assert cut is not None
    rows, columns = np.nonzero(cut[0] > 128)
    assert (columns.min(), columns.max()) == pytest.approx((36, 72), abs=2)
    assert (rows.min(), rows.max()) == pytest.approx((12, 36), abs=2)


def test_a_flat_box_holds_no_plate_that_is_rotated_far() -> None:
    image, _ = striped(0)
    assert crop(image, Box(100, 140, 300, 160), CropView(0, 0, 16), SIZE) is None
    assert crop(image, Box(180, 130, 220, 170), CropView(0, 0, 8), SIZE) is None


@pytest.mark.parametrize("box", [Box(0, 0, 40, 30), Box(360, 270, 400, 300), Box(0, 0, 400, 300)])
@pytest.mark.parametrize("degrees", [-16, 0, 8])
def test_boxes_at_the_edge_can_be_cropped(box: Box, degrees: float) -> None:
    image, _ = striped(0)
    cut = crop(image, box, CropView(0.06, 0.1, degrees), SIZE)
    assert cut is None or cut.shape == (1, 48, 144)


@pytest.mark.parametrize("degrees", [0, 8])
def test_a_large_plate_has_the_crop_of_a_small_one(degrees: float) -> None:
    image, box = striped(degrees)
    large = image.resize((image.width * 20, image.height * 20))
    view = CropView(0.06, 0.1, degrees)
    small_crop = crop(image, box, view, SIZE)
    large_crop = crop(large, Box(*(20 * value for value in box.corners)), view, SIZE)
    assert small_crop is not None
    assert large_crop is not None
    assert np.abs(small_crop - large_crop).mean() < 5


def test_a_large_plate_is_never_copied_at_full_size(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (6000, 4000))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_000_000)  # Pillow warns of larger crops.
    assert crop(image, Box(100, 100, 5000, 3000), CropView(0, 0), SIZE) is not None
