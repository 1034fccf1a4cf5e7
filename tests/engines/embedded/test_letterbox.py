"""The detector's input: scaled, padded, in the layout that the network expects."""

from __future__ import annotations

import numpy as np
from PIL import Image

from alpr.engines.embedded.letterbox import PADDING, letterbox
from alpr.plates import Box


def test_padding_to_the_stride_is_grey() -> None:
    image = Image.new("RGB", (50, 20), (10, 20, 30))
    batch = letterbox(image, Box(0, 0, 50, 20), 1.0)
    assert batch.shape == (1, 3, 32, 64)
    assert batch[0, :, 19, 49].tolist() == [10, 20, 30]
    assert batch[0, :, 20, 50].tolist() == [PADDING] * 3


def test_pixels_are_averaged_by_the_whole_factor() -> None:
    image = Image.effect_noise((1280, 704), 90).convert("RGB")
    batch = letterbox(image, Box(0, 0, 1280, 704), 0.5)
    assert (batch[0].transpose(1, 2, 0) == np.asarray(image.reduce(2))).all()


def test_a_border_surrounds_the_image() -> None:
    image = Image.new("RGB", (40, 20), (10, 20, 30))
    batch = letterbox(image, Box(0, 0, 40, 20), 1.0, border=8)
    assert batch.shape == (1, 3, 64, 64)
    colours = batch[0].transpose(1, 2, 0)
    assert (colours[8:28, 8:48] == (10, 20, 30)).all()
    colours[8:28, 8:48] = PADDING
    assert (colours == PADDING).all()
