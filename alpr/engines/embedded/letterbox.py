"""The detector's input: a part of an image, scaled, on a grey ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

STRIDE = 32
"""Height and width of the detector's input are multiples of this, in pixels."""

PADDING = 114
"""Grey level of the input around the image, the same as in training."""


def letterbox(image: Image.Image, area: Box, scale: float, border: int = 0) -> NDArray[np.uint8]:
    """An area of an RGB image, scaled by ``scale``, as a uint8 batch of one: [1, 3, H, W].

    Its upper left corner is at (``border``, ``border``). H and W are the smallest multiples of the
    stride that hold it with ``border`` pixels of padding on each side.
    """
    width, height = (max(1, round(side * scale)) for side in (area.width, area.height))
    shape = (_padded(height + 2 * border), _padded(width + 2 * border))
    batch = np.full((1, 3, *shape), PADDING, np.uint8)
    # Pixels are averaged by the whole part of the factor, which is fast, then interpolated.
    scaled = image.resize((width, height), Image.Resampling.BILINEAR, area.corners, 1.0)
    batch[0, :, border : border + height, border : border + width] = np.asarray(scaled).transpose(
        2, 0, 1
    )
    return batch


def _padded(side: int) -> int:
    return math.ceil(side / STRIDE) * STRIDE
