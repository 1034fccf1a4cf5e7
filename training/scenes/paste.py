"""Rendered plates pasted into photos: in place of a labelled plate, or anywhere."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from training.images import Image
from training.scenes.pool import PlatePool

Quad = NDArray[np.float32]
Box = NDArray[np.float32]
Rng = np.random.Generator
# Nothing narrower is learnt, so nothing narrower is pasted (pixels of the input).
MIN_WIDTH = 14.0


def hull(quad: Quad) -> Box:
    """Upright box [4] around corners [4, 2]."""
    return np.concatenate([quad.min(0), quad.max(0)]).astype(np.float32)


def box_corners(box: Box) -> Quad:
    """Corners of an upright box, clockwise from the top left."""
    x1, y1, x2, y2 = box[:4]
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


def pose(width: float, aspect: float, rng: Rng) -> Quad:
    """Corners around the origin of a plate `width` wide: turned, sheared, in perspective."""
    degrees = rng.normal(0, 5) if rng.random() < 0.75 else rng.uniform(-25, 25)
    angle, shear = math.radians(degrees), rng.normal(0, 0.12)
    height = width / aspect * math.exp(rng.normal(0, 0.12))
    x, y = width / 2, height / 2
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    # Turned away to the side: one end is lower than the other.
    corners[:, 1] *= 1 + rng.normal(0, 0.06) * corners[:, 0] / x
    corners[:, 1] += shear * corners[:, 0]
    cos, sin = math.cos(angle), math.sin(angle)
    return (corners @ np.array([[cos, sin], [-sin, cos]])).astype(np.float32)


def shrink(image: Image, quad: Quad, width: float) -> tuple[Image, Quad]:
    """The plate brought near the width it will have, by area, so that warping does not alias."""
    scale = width / max(float(np.ptp(quad[:, 0])), 1.0)
    if scale > 0.8:
        return image, quad
    columns, rows = max(4, round(image.shape[1] * scale)), max(3, round(image.shape[0] * scale))
    small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    factor = np.array([columns / image.shape[1], rows / image.shape[0]], np.float32)
    return np.asarray(small, np.uint8), quad * factor


def light(plate: Image, wanted: float, rng: Rng) -> Image:
    """The plate lit like its surroundings: its mean moved to `wanted`, its contrast lowered."""
    mean = float(plate.mean())
    contrast = rng.uniform(0.5, 1.1) * min(1.5, max(0.35, wanted / max(mean, 1.0)))
    return np.asarray(np.clip((plate - mean) * contrast + wanted, 0, 255), np.uint8)


def stamp(image: Image, plate: Image, source: Quad, target: Quad, rng: Rng) -> None:
    """Warp the plate onto the image, in place, its edge blended over about a pixel."""
    x1, y1 = np.floor(target.min(0)).astype(int) - 2
    x2, y2 = np.ceil(target.max(0)).astype(int) + 3
    x1, y1, x2, y2 = max(0, x1), max(0, y1), min(image.shape[1], x2), min(image.shape[0], y2)
    if x2 <= x1 or y2 <= y1:
        return
    # Drawn at twice the size and reduced, so that small plates have grey edges as in a photo.
    corners = (target - np.array([x1, y1], np.float32)) * 2
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    size = (2 * (x2 - x1), 2 * (y2 - y1))
    colour = cv2.warpPerspective(
        plate, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(mask, corners.astype(np.int32), 255)
    part = image[y1:y2, x1:x2]
    colour = cv2.resize(colour, part.shape[1::-1], interpolation=cv2.INTER_AREA)
    weight = cv2.resize(mask, part.shape[1::-1], interpolation=cv2.INTER_AREA)[
        ..., None
    ] / np.float32(255)
    if rng.random() < 0.4:
        colour = cv2.GaussianBlur(colour, (0, 0), rng.uniform(0.3, 1.1))
    part[:] = np.clip(part * (1 - weight) + colour * weight, 0, 255).astype(np.uint8)


def mount(image: Image, target: Quad, rng: Rng) -> None:
    """What a plate sits on, in place: a holder's rim, a plain panel of car, or nothing."""
    kind = rng.random()
    if kind > 0.6:
        return
    middle = target.mean(0)
    grown = middle + (target - middle) * rng.uniform(1.04, 1.12, (1, 2))
    if kind < 0.3:
        grown = middle + (target - middle) * np.array(
            [rng.uniform(1.2, 2.0), rng.uniform(1.4, 3.0)]
        )
    tone = rng.integers(0, 90, 3) if rng.random() < 0.6 else rng.integers(0, 256, 3)
    cv2.fillConvexPoly(image, grown.astype(np.int32), tuple(int(v) for v in tone), cv2.LINE_AA)


def replace(image: Image, box: Box, pool: PlatePool, rng: Rng) -> Box | None:
    """Put a rendered plate over a labelled one, in place; its box, or nothing if too small.

    The new plate covers the old one whole, so the box is exact whatever the label's slack.
    """
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    if width < MIN_WIDTH or height < 5:
        return None
    plate, source = pool.draw_like(width / height, rng)
    old = image[int(box[1]) : math.ceil(box[3]), int(box[0]) : math.ceil(box[2])]
    if not old.size:
        return None
    # A little larger than the old plate, or its rim would be left as a hint.
    slack = (
        np.array([width, height])
        * rng.uniform(0.0, 0.05, (4, 2))
        * [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    )
    target = (box_corners(box) + slack).astype(np.float32)
    plate, source = shrink(plate, source, width)
    wanted = (
        float(old.mean()) * rng.uniform(0.8, 1.2) if rng.random() < 0.7 else float(plate.mean())
    )
    stamp(image, light(plate, wanted, rng), source, target, rng)
    return hull(target)


def paste(
    image: Image, taken: NDArray[np.float32], pool: PlatePool, rng: Rng, widest: float
) -> Box | None:
    """Put a rendered plate away from the boxes `taken` [n, 4+], in place; its box if it fits."""
    height, width = image.shape[:2]
    plate, source = pool.draw(rng)
    aspect = float(np.ptp(source[:, 0]) / np.ptp(source[:, 1]))
    most = min(widest, 0.8 * width, 0.7 * height * aspect)
    wide = math.exp(rng.uniform(math.log(MIN_WIDTH), math.log(max(most, MIN_WIDTH + 4))))
    corners = pose(wide, aspect, rng)
    for _ in range(6):
        target = corners + rng.uniform((0, 0), (width, height)).astype(np.float32)
        box = hull(target)
        inside = box[0] > 1 and box[1] > 1 and box[2] < width - 1 and box[3] < height - 1
        if inside and not touches(box, taken):
            break
    else:
        return None
    around = image[int(box[1]) : math.ceil(box[3]), int(box[0]) : math.ceil(box[2])]
    wanted = float(around.mean()) * rng.uniform(0.9, 1.8) + rng.uniform(0, 40)
    plate, source = shrink(plate, source, wide)
    mount(image, target, rng)
    stamp(image, light(plate, min(wanted, 230.0), rng), source, target.astype(np.float32), rng)
    return box


def touches(box: Box, taken: NDArray[np.float32], margin: float = 4.0) -> bool:
    """Whether a box comes within `margin` pixels of any of the boxes [n, 4+]."""
    if not len(taken):
        return False
    apart_x = (taken[:, 0] > box[2] + margin) | (taken[:, 2] < box[0] - margin)
    apart_y = (taken[:, 1] > box[3] + margin) | (taken[:, 3] < box[1] - margin)
    return bool((~(apart_x | apart_y)).any())
