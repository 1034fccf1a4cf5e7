"""Where plates are: preprocess, infer, postprocess, each a function that can be looked at alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

STRIDE = 32
"""Height and width of the network's input are multiples of this, in pixels."""

PADDING = 114
"""The grey that fills what a picture leaves of the input, as in training."""

MOST_PIXELS = 1_200_000
"""Of the network's input at once: they take some 40 MB to work on."""

CANDIDATE = 0.25
"""The least score of what may be a plate: small ones score low until they are seen more closely."""

FAINT, SURE_IF_FAINT = 0.1, 0.6
"""The same where no candidate turned out to be one, and what a closer look must score there."""

SMALL_WIDTH = 64
"""Plates narrower than this in the network's input are looked at more closely,"""

CLOSE_WIDTH, MOST_ENLARGED = 96, 1.5
"""so that they come to be as wide as the one, if that does not enlarge the picture more than the
other."""

MORE_DETAIL = 1.3
"""Times as much as in the first look; less shows nothing new."""

MOST_CLOSER, MOST_FAINT = 32, 4
"""Closer looks at one image, at candidates and at what is faint: a wall of text has hundreds."""

LEAST_SHARED = 0.3
"""Of the smaller box, by the same plate seen again."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate's box in pixels of the image, and how sure the detector is of it, 0 to 1."""

    box: Box
    score: float


class Detector:
    """Finds plates in regions of an image; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._long_side = int(model.facts["long_side"])
        self._threshold = float(model.facts["threshold"])
        self._overlap = float(model.facts["nms_iou"])

    def detect(self, image: Image.Image, regions: Sequence[Box]) -> Iterator[list[Detection]]:
        """The plates in these regions of an RGB image, all seen at the same detail: two lists.

        The second has what was faint, and is worked out only if it is asked for: that pays where
        nothing of the first turned out to be a plate.

        In two stages: all of it at a detail that shows where plates may be, then a closer look at
        those that are small. Neighbours are looked at together: fewer pixels than one by one, and
        fewer borders that cut a plate. Where they cannot be, a plate may come back twice.
        """
        scale = min(1.0, self._long_side / max(max(r.width, r.height) for r in regions))
        areas = joined(regions, MOST_PIXELS / scale**2)
        seen = [one for area in areas for one in self._pass(image, area, scale, FAINT)]
        seen.sort(key=lambda one: -one.score)
        candidates = [one for one in seen if one.score >= CANDIDATE]
        faint = seen[len(candidates) :]
        found = [self._closer(image, one, scale) for one in candidates[:MOST_CLOSER]]
        found += candidates[MOST_CLOSER:]
        yield [one for one in found if one.score >= self._threshold]
        found = [self._closer(image, one, scale) for one in faint[:MOST_FAINT]]
        yield [one for one in found if one.score >= SURE_IF_FAINT]

    def _closer(self, image: Image.Image, one: Detection, scale: float) -> Detection:
        """The same plate in a closer look, if it was small and there is more detail to be had."""
        box = one.box
        closer = CLOSE_WIDTH / box.width
        if box.width * scale >= SMALL_WIDTH or min(1.0, closer) < MORE_DETAIL * scale:
            return one
        around = box.expand(box.width / 2, box.height, width=image.width, height=image.height)
        again = [
            other
            for other in self._pass(image, around, min(MOST_ENLARGED, closer), self._threshold)
            if other.box.overlap(box) >= LEAST_SHARED
        ]
        return max(again, key=lambda other: other.score, default=one)

    def _pass(self, image: Image.Image, area: Box, scale: float, least: float) -> list[Detection]:
        """What scores at least so much in an area, seen at this scale."""
        (output,) = self._model.run(preprocess(image, area, scale))
        found = []
        for row in suppress(output, least, self._overlap):
            x_min, y_min, x_max, y_max = row[:4] / scale
            box = Box.clamp(
                x_min + area.x_min,
                y_min + area.y_min,
                x_max + area.x_min,
                y_max + area.y_min,
                width=image.width,
                height=image.height,
            )
            found.append(Detection(box, float(row[4])))
        return found


def joined(regions: Sequence[Box], most: float) -> list[Box]:
    """The same pixels in fewer areas, of at most so many pixels each unless a region has more.

    A region is joined to the one before where both together fill a rectangle: so cells, counted
    row by row, become rows, and rows a block.
    """
    areas: list[Box] = []
    for region in regions:
        areas.append(region)
        while len(areas) > 1 and (both := _rectangle(*areas[-2:])) and both.area <= most:
            areas[-2:] = [both]
    return areas


def _rectangle(one: Box, other: Box) -> Box | None:
    """What two boxes fill together, if that is a rectangle."""
    around = one.union(other)
    both = one.area + other.area - one.intersection_area(other)
    return around if around.area == both else None


def preprocess(image: Image.Image, area: Box, scale: float) -> NDArray[np.uint8]:
    """An area of an RGB image, scaled by ``scale``, as a uint8 batch of one: [1, 3, H, W].

    It lies in the upper left corner; H and W are the least multiples of the stride that hold it.
    """
    width, height = (max(1, round(side * scale)) for side in (area.width, area.height))
    shape = (math.ceil(height / STRIDE) * STRIDE, math.ceil(width / STRIDE) * STRIDE)
    batch = np.full((1, 3, *shape), PADDING, np.uint8)
    # By the whole part of the factor pixels are averaged, which is quick; the rest is interpolated.
    scaled = image.resize((width, height), Image.Resampling.BILINEAR, area.corners, 1.0)
    batch[0, :, :height, :width] = np.asarray(scaled).transpose(2, 0, 1)
    return batch


def suppress(
    rows: NDArray[np.float32], threshold: float, most_shared: float
) -> NDArray[np.float32]:
    """The rows (x_min, y_min, x_max, y_max, score) that stand out, best first.

    Those above the threshold, less each that shares more than ``most_shared`` of its union with a
    better one: greedy non-maximum suppression.
    """
    rows = rows[rows[:, 4] >= threshold]
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(rows):
        best, rows = rows[0], rows[1:]
        kept.append(best)
        rows = rows[_intersection_over_union(best, rows) <= most_shared]
    return np.array(kept, np.float32).reshape(-1, 5)


def _intersection_over_union(
    one: NDArray[np.float32], many: NDArray[np.float32]
) -> NDArray[np.float32]:
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[2:4], many[:, 2:4])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (many[:, 2:4] - many[:, :2]).prod(axis=1) + (one[2:4] - one[:2]).prod()
    ratio: NDArray[np.float32] = shared / np.maximum(areas - shared, 1e-9)
    return ratio
