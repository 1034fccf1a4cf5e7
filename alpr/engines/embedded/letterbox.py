"""The detector's input: parts of images, scaled, on a grey ground, in blocks of pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

STRIDE = 32
"""Height and width of the detector's input are multiples of this, in pixels."""

PADDING = 114
"""Grey level of the input around the image, the same as in training."""


@dataclass(frozen=True, slots=True)
class View:
    """An area of an image as the network sees it.

    ``pixels`` is the area, RGB, scaled by ``scale``. In the input it has ``border`` pixels of
    padding on each side at least.
    """

    pixels: Image.Image
    area: Box
    scale: float
    border: int = 0

    @classmethod
    def of(cls, image: Image.Image, area: Box, scale: float) -> View:
        """The view of one area of an RGB image."""
        return cls.through(image, image.width, area, scale)

    @classmethod
    def through(cls, version: Image.Image, width: int, area: Box, scale: float) -> View:
        """The view of one area of an image of this width, made of a version of another size."""
        x_min, y_min, x_max, y_max = (side * version.width / width for side in area.corners)
        size = max(1, round(area.width * scale)), max(1, round(area.height * scale))
        # Pixels are averaged by the whole part of the factor, which is fast, then interpolated.
        corners = x_min, y_min, x_max, y_max
        pixels = version.resize(size, Image.Resampling.BILINEAR, corners, 1.0)
        return cls(pixels, area, scale)

    @classmethod
    def whole(cls, image: Image.Image, version: Image.Image) -> View:
        """All of an image, as a version of it shows it."""
        return cls(version, Box(0, 0, *image.size), version.width / image.width)

    def shrink(self, long_side: int, border: int) -> View:
        """The same area with its longest side of ``long_side`` pixels, made of these pixels."""
        whole = Box(0, 0, *self.pixels.size)
        scale = long_side / max(self.area.width, self.area.height)
        small = View.of(self.pixels, whole, scale / self.scale)
        return View(small.pixels, self.area, scale, border)

    def place(self, box: Box) -> Box:
        """Where a box of the image lies in these pixels."""
        left, top = self.area.x_min, self.area.y_min
        corners = (side * self.scale for side in box.shift(-left, -top).corners)
        return Box.clamp(*corners, width=self.pixels.width, height=self.pixels.height)

    @property
    def input_size(self) -> tuple[int, int]:
        """The smallest input that holds it: height and width, multiples of :data:`STRIDE`."""
        width, height = (side + 2 * self.border for side in self.pixels.size)
        return math.ceil(height / STRIDE) * STRIDE, math.ceil(width / STRIDE) * STRIDE


def letterbox(views: Sequence[View]) -> NDArray[np.uint8]:
    """A batch of views: uint8 [n, H / 2, W / 2, 12], blocks of 2 x 2 RGB pixels.

    H and W are those of the largest input; each view lies in the upper left, below and right of its
    border.
    """
    heights, widths = zip(*(view.input_size for view in views), strict=True)
    shape = (max(heights), max(widths), 3)
    return np.stack([blocks(_padded(view, shape)) for view in views])


def _padded(view: View, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    pixels = np.full(shape, PADDING, np.uint8)
    width, height = view.pixels.size
    rows = slice(view.border, view.border + height)
    pixels[rows, view.border : view.border + width] = np.asarray(view.pixels)
    return pixels


def blocks(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blocks of 2 x 2 pixels, each as twelve channels by row, column, colour.

    ``pixels`` is [H, W, 3], H and W even; the answer is [H / 2, W / 2, 12].
    """
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    # The six bytes of a block's row are copied in pairs: four times as fast as one by one.
    pairs = np.ascontiguousarray(pixels).reshape(rows, 2, columns, 6).view(np.uint16)
    out = np.empty((rows, columns, 2, 3), np.uint16)
    for row in range(2):
        for pair in range(3):
            out[:, :, row, pair] = pairs[:, row, :, pair]
    return out.view(np.uint8).reshape(rows, columns, 12)
