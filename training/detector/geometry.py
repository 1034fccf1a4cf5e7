"""Where a photo lands on the network's input: zooms on a plate, whole frames, close crops."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr.engines.embedded.letterbox import PADDING
from training.detector.boxes import PLATE, Boxes, move_boxes
from training.images import Image

Rng = np.random.Generator
Matrix = NDArray[np.float64]
PLATE_WIDTHS = (15.0, 400.0)
# The smallest are the hardest, and what large frames and grids are full of: this part is drawn
# below SMALL_WIDTH, beside those that come out small anyway.
SMALL_SHARE, SMALL_WIDTH = 0.2, 50.0
MAX_ENLARGEMENT = 3.0
FILTERS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR)


def border(rng: Rng) -> tuple[int, int, int]:
    """Colour outside the photo: the service's grey, the clients' black, sometimes anything."""
    kind = rng.random()
    if kind < 0.6:
        return PADDING, PADDING, PADDING
    if kind < 0.85:
        return 0, 0, 0
    blue, green, red = (int(v) for v in rng.integers(0, 256, 3))
    return blue, green, red


def turn(rng: Rng) -> float:
    """Radians a photo is turned by: little as a rule, up to 25 degrees now and then."""
    if rng.random() < 0.18:
        return math.radians(rng.uniform(-25, 25))
    return math.radians(rng.normal(0, 3))


def place(
    scale: float, source: tuple[float, float], target: tuple[float, float], rng: Rng
) -> Matrix:
    """Affine [2, 3] that scales, turns, stretches, shears, and moves `source` to `target`."""
    angle, shear = turn(rng), rng.normal(0, 0.1)
    scale_x, scale_y = scale * math.exp(rng.normal(0, 0.1)), scale * math.exp(rng.normal(0, 0.1))
    cos, sin = math.cos(angle), math.sin(angle)
    linear = (
        np.array([[cos, -sin], [sin, cos]])
        @ np.array([[1, shear], [0, 1]])
        @ np.diag([scale_x, scale_y])
    )
    return np.column_stack([linear, np.array(target) - linear @ np.array(source)])


def zoom(
    shape: tuple[int, int], box: NDArray[np.float32], size: tuple[int, int], rng: Rng
) -> Matrix:
    """Bring one plate to a width even on a log scale, anywhere in `size` (height, width)."""
    height, width = size
    x1, y1, x2, y2 = (float(v) for v in box[:4])
    widest = min(PLATE_WIDTHS[1], 0.92 * width, 0.85 * height * (x2 - x1) / max(y2 - y1, 1))
    if rng.random() < SMALL_SHARE:
        widest = min(widest, SMALL_WIDTH)
    wanted = math.exp(rng.uniform(math.log(PLATE_WIDTHS[0]), math.log(max(widest, 30.0))))
    scale = wanted / max(x2 - x1, 4.0)
    # Two thirds of the whole frame's scale is as far as a photo is shrunk, or the input would be
    # mostly border.
    scale = min(max(scale, 0.6 * min(width / shape[1], height / shape[0])), MAX_ENLARGEMENT)
    target_x, target_y = rng.uniform(0.06, 0.94) * width, rng.uniform(0.06, 0.94) * height
    if rng.random() < 0.85:
        target_x = cover(target_x, scale * (x1 + x2) / 2, scale * shape[1], width)
        target_y = cover(target_y, scale * (y1 + y2) / 2, scale * shape[0], height)
    return place(scale, ((x1 + x2) / 2, (y1 + y2) / 2), (target_x, target_y), rng)


def cover(target: float, source: float, length: float, room: float) -> float:
    """Move `target` so that a photo of `length`, its `source` there, fills `room` or lies in it."""
    low, high = min(0.0, room - length), max(0.0, room - length)
    return min(max(target - source, low), high) + source


def whole(shape: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """The service's own way: shrunk to fit, at the top left, the rest border."""
    scale = min(size[1] / shape[1], size[0] / shape[0])
    return np.array([[scale, 0, 0], [0, scale, 0]])


def somewhere(shape: tuple[int, int], size: tuple[int, int], rng: Rng) -> Matrix:
    """Any part of a photo at any scale."""
    scale = min(size[1] / shape[1], size[0] / shape[0]) * math.exp(rng.uniform(-0.3, 1.0))
    source = rng.uniform(0.2, 0.8) * shape[1], rng.uniform(0.2, 0.8) * shape[0]
    return place(min(scale, MAX_ENLARGEMENT), source, (size[1] / 2, size[0] / 2), rng)


def crop_to_vehicle(image: Image, boxes: Boxes, rng: Rng) -> tuple[Image, Boxes]:
    """Cut the photo around one plate, perhaps padded to a black square, as clients post cars."""
    box = boxes[rng.integers(len(boxes))]
    side = (box[2] - box[0]) * rng.uniform(1.15, 4.0)
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, right = middle_x - side * rng.uniform(0.48, 0.8), middle_x + side * rng.uniform(0.48, 0.8)
    top, bottom = middle_y - side * rng.uniform(0.25, 0.8), middle_y + side * rng.uniform(0.25, 0.8)
    x1, y1 = max(0, int(left)), max(0, int(top))
    image = image[y1 : max(y1 + 8, int(bottom)), x1 : max(x1 + 8, int(right))]
    boxes = boxes - np.array([x1, y1, x1, y1, 0], np.float32)
    if rng.random() < 0.5:
        side_px = max(image.shape[:2])
        pad_y, pad_x = side_px - image.shape[0], side_px - image.shape[1]
        top_px, left_px = (pad_y // 2, pad_x // 2) if rng.random() < 0.5 else (0, 0)
        image = cv2.copyMakeBorder(
            image,
            top_px,
            pad_y - top_px,
            left_px,
            pad_x - left_px,
            cv2.BORDER_CONSTANT,
            value=(0, 0, 0),
        ).astype(np.uint8)
        boxes = boxes + np.array([left_px, top_px, left_px, top_px, 0], np.float32)
    return image, boxes


def warp(image: Image, matrix: Matrix, size: tuple[int, int], rng: Rng) -> Image:
    """The photo through the matrix, shrunk first by one of several filters, as clients differ."""
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if scale < 0.75:
        kind = rng.choice([cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR])
        # A single filter would be learnt: also shrink half the way and leave the rest to the warp.
        first = scale if rng.random() < 0.7 else math.sqrt(scale)
        image = np.asarray(
            cv2.resize(image, None, fx=first, fy=first, interpolation=int(kind)), np.uint8
        )
        matrix = matrix @ np.diag([1 / first, 1 / first, 1.0])
    flags = FILTERS[rng.integers(len(FILTERS))]
    return np.asarray(
        cv2.warpAffine(image, matrix, (size[1], size[0]), flags=flags, borderValue=border(rng)),
        np.uint8,
    )


def view(image: Image, boxes: Boxes, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes]:
    """One photo on an input of `size` (height, width), with the boxes that are left."""
    plates = boxes[boxes[:, 4] == PLATE]
    kind = rng.random()
    if len(plates) and kind < 0.12:
        image, boxes = crop_to_vehicle(image, boxes, rng)
        matrix = whole(image.shape[:2], size)
        if matrix[0, 0] > MAX_ENLARGEMENT:
            matrix = matrix / matrix[0, 0] * MAX_ENLARGEMENT
    elif len(plates) and kind < 0.75:
        matrix = zoom(image.shape[:2], plates[rng.integers(len(plates))], size, rng)
    elif kind < 0.9:
        matrix = whole(image.shape[:2], size)
    else:
        matrix = somewhere(image.shape[:2], size, rng)
    out, moved = warp(image, matrix, size, rng), move_boxes(boxes, matrix, size)
    if rng.random() < 0.35:
        out = np.ascontiguousarray(out[:, ::-1])
        moved[:, [0, 2]] = size[1] - moved[:, [2, 0]]
    return out, moved
