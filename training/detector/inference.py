"""From a photo to boxes: letterbox as in the service, run, threshold, non_max_suppression."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

Array = NDArray[np.float32]
# Input [batch, 3, H, W] RGB to [batch, positions, 5] as x1, y1, x2, y2, score.
Runner = Callable[[NDArray[np.uint8]], Array]
NMS_IOU = 0.4
GREY = 114


def letterbox(image: PilImage.Image, long_side: int) -> tuple[NDArray[np.uint8], float]:
    """Shrunk to fit `long_side`, padded right and below to 32s: [3, H, W] and the scale."""
    scale = min(1.0, long_side / max(image.size))
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if scale < 1:
        image = image.resize((width, height), PilImage.Resampling.BILINEAR, reducing_gap=1.0)
    canvas = np.full((-(-height // 32) * 32, -(-width // 32) * 32, 3), GREY, np.uint8)
    canvas[:height, :width] = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)), scale


def iou(box: Array, boxes: Array) -> Array:
    """IoU of one box [4] with boxes [n, 4]."""
    inner = np.clip(
        np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2]), 0, None
    ).prod(1)
    areas = (boxes[:, 2:4] - boxes[:, :2]).prod(1)
    return np.asarray(inner / ((box[2:4] - box[:2]).prod() + areas - inner + 1e-6), np.float32)


def non_max_suppression(found: Array, limit: float = NMS_IOU) -> Array:
    """Greedy non-maximum suppression of [n, 5], best first."""
    found = found[np.argsort(-found[:, 4], kind="stable")]
    kept = []
    while len(found):
        kept.append(found[0])
        found = found[1:][iou(found[0], found[1:]) < limit]
    return np.array(kept, np.float32).reshape(-1, 5)


def find(run: Runner, image: PilImage.Image, long_side: int, threshold: float) -> Array:
    """Boxes [n, 5] in the photo's own pixels, best first."""
    pixels, scale = letterbox(image, long_side)
    output = run(pixels[None])[0]
    found = non_max_suppression(output[output[:, 4] > threshold])
    found[:, :4] /= scale
    return found


def find_in_grid(
    run: Runner, image: PilImage.Image, long_side: int, threshold: float, grid: int
) -> Array:
    """The same over grid x grid cells of the photo, merged; a grid of 1 is the photo itself."""
    xs = np.linspace(0, image.width, grid + 1).astype(int)
    ys = np.linspace(0, image.height, grid + 1).astype(int)
    found = []
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            cell = find(run, image.crop((left, top, right, bottom)), long_side, threshold)
            found.append(cell + np.array([left, top, left, top, 0], np.float32))
    return non_max_suppression(np.concatenate(found))
