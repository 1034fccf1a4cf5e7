"""``detect_roi``: only this part of an image is searched for plates.

The SDK takes it once, at its start, in pixels of any image that it is given. A grid cell is such an
image, and its pixels count from the cell's corner. So images are cropped here instead, and the SDK
gets no region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alpr.plates import Box


@dataclass(frozen=True, slots=True)
class RegionOfInterest:
    """Pixels of the whole image; four zeros stand for all of it."""

    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def of(cls, detect_roi: Sequence[float]) -> RegionOfInterest:
        """From the SDK's key, whose order is left, right, top, bottom."""
        return cls(*detect_roi)

    def within(self, part: Box) -> Box | None:
        """What of this part of the image is to be searched; None if nothing is."""
        if not any((self.left, self.right, self.top, self.bottom)):
            return part
        x_min, x_max = max(part.x_min, round(self.left)), min(part.x_max, round(self.right))
        y_min, y_max = max(part.y_min, round(self.top)), min(part.y_max, round(self.bottom))
        return Box(x_min, y_min, x_max, y_max) if x_min < x_max and y_min < y_max else None


def is_region(value: Sequence[float]) -> bool:
    """Whether four numbers are four zeros, or a region that is not empty."""
    if not all(math.isfinite(number) and number >= 0 for number in value):
        return False
    left, right, top, bottom = value
    return not any(value) or (left < right and top < bottom)
