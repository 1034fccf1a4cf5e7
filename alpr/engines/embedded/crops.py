"""Crops for the reader: a plate's box upright or turned back, grey, at the network's size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

Crop = NDArray[np.float32]

LEAST_ASPECT = 1.2
"""Width over height of the squarest plate; a turned box that leaves less holds none so turned."""


@dataclass(frozen=True, slots=True)
class Look:
    """One way to cut a plate out.

    ``across`` and ``down`` are the margins, as shares of the plate's width and height; the plate is
    taken to be turned by so many degrees, clockwise.
    """

    across: float
    down: float
    degrees: float = 0.0


def crop(image: Image.Image, box: Box, look: Look, size: tuple[int, int]) -> Crop | None:
    """A box of an RGB image, grey, stretched to ``size`` (width, height): [1, height, width].

    None where the box is of a shape that no plate has which is turned as ``look`` says.
    """
    cut = _turned(image, box, look) if look.degrees else _upright(image, box, look)
    if cut is None:
        return None
    return np.asarray(cut.resize(size, Image.Resampling.BILINEAR), np.float32)[None]


def _upright(image: Image.Image, box: Box, look: Look) -> Image.Image:
    across, down = box.width * look.across, box.height * look.down
    wide = box.expand(across, down, width=image.width, height=image.height)
    return image.crop(wide.corners).convert("L")


def _turned(image: Image.Image, box: Box, look: Look) -> Image.Image | None:
    plate = _plate_in(box, math.radians(abs(look.degrees)))
    if plate is None:
        return None
    width, height = plate[0] * (1 + 2 * look.across), plate[1] * (1 + 2 * look.down)
    x, y = box.center
    cos, sin = math.cos(math.radians(look.degrees)), math.sin(math.radians(look.degrees))
    corners = [
        (x + (a * cos * width - b * sin * height) / 2, y + (a * sin * width + b * cos * height) / 2)
        for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
    # Only what the corners span is made grey; the picture may be large.
    left, top = (max(0, math.floor(min(side))) for side in zip(*corners, strict=True))
    right, bottom = (math.ceil(max(side)) + 1 for side in zip(*corners, strict=True))
    part = image.crop((left, top, min(right, image.width), min(bottom, image.height))).convert("L")
    quad = [value for at in corners for value in (at[0] - left, at[1] - top)]
    pixels = max(1, round(width)), max(1, round(height))
    return part.transform(pixels, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)


def _plate_in(box: Box, angle: float) -> tuple[float, float] | None:
    """Width and height of the plate which, turned by ``angle`` (radians), just fits in the box."""
    cos, sin = math.cos(angle), math.sin(angle)
    width = (box.width * cos - box.height * sin) / math.cos(2 * angle)
    height = (box.height * cos - box.width * sin) / math.cos(2 * angle)
    # A sliver is no plate: the box is too flat to hold one that is turned so far.
    if height < box.height / 8 or width < LEAST_ASPECT * height:
        return None
    return width, height
