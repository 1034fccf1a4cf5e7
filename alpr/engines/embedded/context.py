"""Whether a box is where plates are: a look at what surrounds it, never at what it says."""

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
"""Side of the square that is looked at, in widths and heights of the box together."""

COVER = (1.2, 1.3)
"""How much wider and higher than the box what is covered is: a plate's rim would tell as much."""

PADDING = (114, 114, 114)
"""The grey of what is covered and of what lies outside of the image."""


class Context:
    """Tells a car around a box from a wall; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def likelihood(self, image: Image.Image, box: Box) -> float:
        """How likely a plate is there by the box's surroundings in an RGB image, 0 to 1.

        The mean over them and their mirror image, in which the place is as likely.
        """
        square = surroundings(image, box)
        return float(self._model.run(np.stack((square, square[..., ::-1]))).mean())


def surroundings(image: Image.Image, box: Box) -> NDArray[np.uint8]:
    """The square around a box of an RGB image, the box itself covered: uint8 [3, SIDE, SIDE]."""
    side = REACH * (box.width + box.height)
    left, top = (box.x_min + box.x_max - side) / 2, (box.y_min + box.y_max - side) / 2
    scale = SIDE / side
    seen = Box.clamp(left, top, left + side, top + side, width=image.width, height=image.height)
    size = max(1, round(seen.width * scale)), max(1, round(seen.height * scale))
    square = Image.new("RGB", (SIDE, SIDE), PADDING)
    square.paste(
        image.resize(size, Image.Resampling.BILINEAR, seen.corners, 1.0),
        (round((seen.x_min - left) * scale), round((seen.y_min - top) * scale)),
    )
    middle = SIDE // 2
    across = round(box.width * COVER[0] * scale / 2)
    down = round(box.height * COVER[1] * scale / 2)
    square.paste(PADDING, (middle - across, middle - down, middle + across, middle + down))
    return np.asarray(square).transpose(2, 0, 1)
