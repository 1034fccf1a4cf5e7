"""How likely a plate is in a box, judged by its surroundings and never by its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

SIDE = 64
"""Height and width of the network's input, in pixels."""

REACH = 2.0
"""Side of the square around the box, as a multiple of the box's width plus height."""

COVER = (1.2, 1.3)
"""Width and height of the covered area, as multiples of the box's: a plate's rim would tell as much
as the plate."""

PADDING = (114, 114, 114)
"""Colour of the covered area and of everything outside the image."""


class ContextClassifier:
    """Tells a vehicle around a box from a wall; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def likelihood(self, image: Image.Image, box: Box) -> float:
        """The probability that a plate is in this box of an RGB image, 0 to 1.

        It is the mean over the surroundings and their mirror image, which say the same.
        """
        square = surroundings(image, box)
        return float(self._model.run(np.stack((square, square[..., ::-1]))).mean())


def surroundings(image: Image.Image, box: Box) -> NDArray[np.uint8]:
    """The square around a box of an RGB image, the box itself covered: uint8 [3, SIDE, SIDE]."""
    side = REACH * (box.width + box.height)
    left, top = (box.x_min + box.x_max - side) / 2, (box.y_min + box.y_max - side) / 2
    scale = SIDE / side
    inside = Box.clamp(left, top, left + side, top + side, width=image.width, height=image.height)
    size = max(1, round(inside.width * scale)), max(1, round(inside.height * scale))
    square = Image.new("RGB", (SIDE, SIDE), PADDING)
    square.paste(
        image.resize(size, Image.Resampling.BILINEAR, inside.corners, 1.0),
        (round((inside.x_min - left) * scale), round((inside.y_min - top) * scale)),
    )
    middle = SIDE // 2
    across = round(box.width * COVER[0] * scale / 2)
    down = round(box.height * COVER[1] * scale / 2)
    square.paste(PADDING, (middle - across, middle - down, middle + across, middle + down))
    return np.asarray(square).transpose(2, 0, 1)
