"""The detector's input: scaled, padded, in the layout that the network expects."""

from __future__ import annotations

import numpy as np
from PIL import Image

from alpr.engines.embedded.letterbox import PADDING, View, blocks, letterbox
from alpr.plates import Box
from tests.engines.embedded.scripted import pixels


def whole(image: Image.Image, scale: float) -> View:
    return View.of(image, Box(0, 0, *image.size), scale)


def test_padding_to_the_stride_is_grey() -> None:
    batch = letterbox([whole(Image.new("RGB", (50, 20), (10, 20, 30)), 1.0)])
    assert batch.shape == (1, 16, 32, 12)
    seen = pixels(batch[0])
    assert seen[19, 49].tolist() == [10, 20, 30]
    assert seen[20, 50].tolist() == [PADDING] * 3


def test_pixels_are_averaged_by_the_whole_factor() -> None:
    image = Image.effect_noise((1280, 704), 90).convert("RGB")
    (seen,) = letterbox([whole(image, 0.5)])
    assert (pixels(seen) == np.asarray(image.reduce(2))).all()


def test_a_border_surrounds_the_image() -> None:
    view = whole(Image.new("RGB", (80, 40), (10, 20, 30)), 1.0).shrink(40, 8)
    batch = letterbox([view])
    assert batch.shape == (1, 32, 32, 12)
    colours = pixels(batch[0])
    assert (colours[8:28, 8:48] == (10, 20, 30)).all()
    colours[8:28, 8:48] = PADDING
    assert (colours == PADDING).all()


def test_views_of_several_sizes_share_the_largest_input() -> None:
    batch = letterbox([whole(Image.new("RGB", size, "white"), 1.0) for size in ((30, 60), (90, 9))])
    assert batch.shape == (2, 32, 48, 12)
    for one, (width, height) in zip(batch, ((30, 60), (90, 9)), strict=True):
        assert (pixels(one)[:height, :width] == 255).all()
        assert (pixels(one) == 255).all(axis=2).sum() == width * height


def test_blocks_have_their_channels_by_row_column_and_colour() -> None:
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    assert blocks(image).shape == (2, 3, 12)
    assert blocks(image)[1, 2].tolist() == image[2:4, 4:6].reshape(-1).tolist()
