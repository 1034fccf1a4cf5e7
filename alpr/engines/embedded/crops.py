"""Crops for the reader: a plate's box, upright or rotated back, grey, at the network's size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

Crop = NDArray[np.float32]

MIN_ASPECT = 1.2
"""Width over height of the squarest plate; no narrower one is taken to be rotated in its box."""

MIN_FLATNESS = 1 / 8
"""Height of a rotated plate over that of its box; below it, the box is too flat to hold one."""

MAX_CROP_PX = 1024
"""Longest side of a box that is cropped at full size; a larger one is reduced by a whole factor
first, because a copy of an image of 50 megapixels takes 150 MB."""


@dataclass(frozen=True, slots=True)
class CropView:
    """One way to crop a plate: margins, and the rotation to undo.

    ``across`` and ``down`` are the margins on each side, as fractions of the plate's width and
    height; the plate is taken to be rotated by ``degrees``, clockwise.
    """

    across: float
    down: float
    degrees: float = 0.0


def crop(image: Image.Image, box: Box, view: CropView, size: tuple[int, int]) -> Crop | None:
    """A box of an RGB image, grey, stretched to ``size`` (width, height): [1, height, width].

    None if no plate rotated by ``view.degrees`` fits this box.
    """
    image, box = _reduced(image, box)
    cut = _rotated(image, box, view) if view.degrees else _upright(image, box, view)
    if cut is None:
        return None
    return np.asarray(cut.resize(size, Image.Resampling.BILINEAR), np.float32)[None]


def _reduced(image: Image.Image, box: Box) -> tuple[Image.Image, Box]:
    """The surroundings of a large box at a fraction of their size, and the box in them."""
    factor = max(box.width, box.height) // MAX_CROP_PX
    if factor < 2:
        return image, box
    around = box.expand(box.width / 2, box.height / 2, width=image.width, height=image.height)
    left, top, _, _ = around.corners
    small = image.reduce(factor, around.corners)
    corners = (value / factor for value in box.shift(-left, -top).corners)
    return small, Box.clamp(*corners, width=small.width, height=small.height)


def _upright(image: Image.Image, box: Box, view: CropView) -> Image.Image:
    across, down = box.width * view.across, box.height * view.down
    around = box.expand(across, down, width=image.width, height=image.height)
    return image.crop(around.corners).convert("L")


def _rotated(image: Image.Image, box: Box, view: CropView) -> Image.Image | None:
    plate = _plate_in(box, math.radians(abs(view.degrees)))
    if plate is None:
        return None
    width, height = plate[0] * (1 + 2 * view.across), plate[1] * (1 + 2 * view.down)
    x, y = box.center
    # Rotated clockwise by an angle t, with y downwards, the point (u, v) beside the centre is at
    # (u cos t - v sin t, u sin t + v cos t). The corners are those of u = +-width/2 and
    # v = +-height/2, in the order of Pillow's QUAD: from the upper left counter-clockwise.
    cos, sin = math.cos(math.radians(view.degrees)), math.sin(math.radians(view.degrees))
    corners = [
        (x + (a * cos * width - b * sin * height) / 2, y + (a * sin * width + b * cos * height) / 2)
        for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
    # Only what the corners span is converted to grey; the image may be large.
    left, top = (max(0, math.floor(min(side))) for side in zip(*corners, strict=True))
    right, bottom = (math.ceil(max(side)) + 1 for side in zip(*corners, strict=True))
    part = image.crop((left, top, min(right, image.width), min(bottom, image.height))).convert("L")
    quad = [value for at in corners for value in (at[0] - left, at[1] - top)]
    pixels = max(1, round(width)), max(1, round(height))
    return part.transform(pixels, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)


def _plate_in(box: Box, angle: float) -> tuple[float, float] | None:
    """Width and height of the plate that, rotated by ``angle`` (radians), just fits in the box."""
    # A plate of w x h rotated by t spans a box of W = w cos t + h sin t by H = w sin t + h cos t.
    # Solved for the plate, with cos^2 t - sin^2 t = cos 2t:
    # w = (W cos t - H sin t) / cos 2t and h = (H cos t - W sin t) / cos 2t.
    cos, sin = math.cos(angle), math.sin(angle)
    width = (box.width * cos - box.height * sin) / math.cos(2 * angle)
    height = (box.height * cos - box.width * sin) / math.cos(2 * angle)
    if height < box.height * MIN_FLATNESS or width < MIN_ASPECT * height:
        return None
    return width, height
