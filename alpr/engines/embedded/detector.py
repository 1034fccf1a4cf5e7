"""Where plates are: preprocess, infer, postprocess, each a function that can be looked at alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box, box_inside

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

STRIDE = 32
"""Height and width of the network's input are multiples of this, in pixels."""

PADDING = 114
"""The grey that fills what a picture leaves of the input, as in training."""


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

    def detect(self, image: Image.Image, regions: Sequence[Box]) -> list[Detection]:
        """The plates in these regions of an RGB image, seen at the detail of one region each.

        Regions that together fill a rectangle are looked at in one pass over it, at the same
        detail: fewer pixels than one by one, and no border that cuts a plate.
        """
        scale = min(1.0, self._long_side / max(max(r.width, r.height) for r in regions))
        around = _around(regions)
        if around.area <= sum(region.area for region in regions):
            found = self._pass(image, [around], scale)
            return [one for one in found if any(_holds(region, one.box) for region in regions)]
        return self._pass(image, regions, scale)

    def _pass(self, image: Image.Image, regions: Sequence[Box], scale: float) -> list[Detection]:
        batch = preprocess(image, regions, scale)
        outputs = self._model.run(batch)
        found = []
        for region, output in zip(regions, outputs, strict=True):
            for row in suppress(output, self._threshold, self._overlap):
                x_min, y_min, x_max, y_max = row[:4] / scale
                box = box_inside(
                    x_min + region.x_min,
                    y_min + region.y_min,
                    x_max + region.x_min,
                    y_max + region.y_min,
                    width=image.width,
                    height=image.height,
                )
                found.append(Detection(box, float(row[4])))
        return found


def preprocess(image: Image.Image, regions: Sequence[Box], scale: float) -> NDArray[np.uint8]:
    """Regions of an RGB image, shrunk by ``scale``, as one uint8 batch [regions, 3, H, W].

    Each lies in the upper left corner; H and W are the least multiples of the stride that hold
    all of them.
    """
    sizes = [
        (max(1, round(region.width * scale)), max(1, round(region.height * scale)))
        for region in regions
    ]
    width, height = (math.ceil(max(side) / STRIDE) * STRIDE for side in zip(*sizes, strict=True))
    batch = np.full((len(regions), 3, height, width), PADDING, np.uint8)
    for canvas, region, size in zip(batch, regions, sizes, strict=True):
        shrunk = image.resize(size, Image.Resampling.BILINEAR, region.corners, reducing_gap=2.0)
        canvas[:, : size[1], : size[0]] = np.asarray(shrunk).transpose(2, 0, 1)
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


def _around(regions: Sequence[Box]) -> Box:
    return Box(
        min(region.x_min for region in regions),
        min(region.y_min for region in regions),
        max(region.x_max for region in regions),
        max(region.y_max for region in regions),
    )


def _holds(region: Box, box: Box) -> bool:
    x, y = (box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2
    return region.x_min <= x < region.x_max and region.y_min <= y < region.y_max
