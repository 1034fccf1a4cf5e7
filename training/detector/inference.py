"""From a photo to boxes: letterbox as in the service, run, threshold, non_max_suppression."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from alpr.engines.embedded.letterbox import View, letterbox
from alpr.engines.embedded.suppression import non_max_suppression
from alpr.plates import Box

Array = NDArray[np.float32]
# The service's input, [batch, H / 2, W / 2, 12], to x1, y1, x2, y2, score: [batch, positions, 5].
Runner = Callable[[NDArray[np.uint8]], Array]
NMS_IOU = 0.4


def letterboxed(image: PilImage.Image, long_side: int) -> tuple[NDArray[np.uint8], float]:
    """The input of a whole photo, a batch of one, shrunk to fit `long_side`, and its scale."""
    scale = min(1.0, long_side / max(image.size))
    return letterbox([View.of(image.convert("RGB"), Box(0, 0, *image.size), scale)]), scale


def iou(box: Array, boxes: Array) -> Array:
    """IoU of one box [4] with boxes [n, 4]."""
    inner = np.clip(
        np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2]), 0, None
    ).prod(1)
    areas = (boxes[:, 2:4] - boxes[:, :2]).prod(1)
    return np.asarray(inner / ((box[2:4] - box[:2]).prod() + areas - inner + 1e-6), np.float32)


def above(rows: Array, threshold: float) -> Array:
    """The rows [n, 5] that score at least `threshold`."""
    return rows[rows[:, 4] >= threshold]


def find(run: Runner, image: PilImage.Image, long_side: int, threshold: float) -> Array:
    """Boxes [n, 5] in the photo's own pixels, best first."""
    pixels, scale = letterboxed(image, long_side)
    found = non_max_suppression(above(run(pixels)[0], threshold), NMS_IOU)
    found[:, :4] /= scale
    return found


def find_in_grid(
    run: Runner, image: PilImage.Image, long_side: int, threshold: float, grid: int
) -> Array:
    """Boxes [n, 5] found in grid x grid cells of the photo; a grid of 1 is the photo itself."""
    xs = np.linspace(0, image.width, grid + 1).astype(int)
    ys = np.linspace(0, image.height, grid + 1).astype(int)
    found = []
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            cell = find(run, image.crop((left, top, right, bottom)), long_side, threshold)
            found.append(cell + np.array([left, top, left, top, 0], np.float32))
    return non_max_suppression(np.concatenate(found), NMS_IOU)
