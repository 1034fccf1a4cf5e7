"""Parts of real plates put together as new plates, so that no text is learned by heart."""

from __future__ import annotations

import random

import cv2
import numpy as np

from training.reader.data import RealCrop
from training.reader.shape import MAX_LINE_LENGTH

Box = tuple[float, float, float, float]

MAX_WIDTH_RATIO = 1.6  # between the characters' widths of two plates that are put together
MAX_HEIGHT_RATIO = 2.5  # between their heights: beyond it one is a blur beside the other
TRIES = 8  # to find the other one
ELSEWHERE = 0.3  # are cut at two places; the others at one, so that countries' patterns stay


def crossed(rng: random.Random, one: RealCrop, others: list[RealCrop]) -> RealCrop:
    """The beginning of a plate and the end of another, as one plate; itself where none fits.

    ``others`` can be cut, and have as many lines.
    """
    for _ in range(TRIES if one.cuts else 0):
        other = rng.choice(others)
        if one.lines[1]:
            return _stacked(one, other)
        if ratio := _fit(one, other):
            return _joined(rng, one, other, ratio)
    return one


def _stacked(one: RealCrop, other: RealCrop) -> RealCrop:
    """The upper line of a plate above the lower line of another, brought to its width."""
    x1, y1, x2, _ = one.box
    ratio = (x2 - x1) / (other.box[2] - other.box[0])
    image, (left, _, _, bottom) = _grown(other, ratio, one)
    begin, end = round(one.cuts[0]), round(other.cuts[0] * ratio)
    columns = np.arange(one.image.shape[1]) - round(x1 - left)
    lower = image[end:, columns.clip(0, image.shape[1] - 1)]
    box = (x1, y1, x2, begin + bottom - end)
    return RealCrop(np.vstack((one.image[:begin], lower)), box, (one.lines[0], other.lines[1]))


def _fit(one: RealCrop, other: RealCrop) -> float:
    """By how much the other must grow to be as high; 0 where its characters do not fit then."""
    ratio = (one.box[3] - one.box[1]) / (other.box[3] - other.box[1])
    wide = _width(other) * ratio / _width(one)
    return (
        ratio
        if 1 / MAX_WIDTH_RATIO < wide < MAX_WIDTH_RATIO
        and 1 / MAX_HEIGHT_RATIO < ratio < MAX_HEIGHT_RATIO
        else 0.0
    )


def _width(crop: RealCrop) -> float:
    """Of a character and the gap beside it."""
    return (crop.box[2] - crop.box[0]) / len(crop.lines[0])


def _joined(rng: random.Random, one: RealCrop, other: RealCrop, ratio: float) -> RealCrop:
    begun, ended = one.lines[0], other.lines[0]
    count = rng.randrange(1, len(begun))
    kept = len(ended) - count
    if rng.random() < ELSEWHERE or not 0 < kept < len(ended):
        kept = rng.randrange(1, len(ended))
    text = begun[:count] + ended[-kept:]
    if len(text) > MAX_LINE_LENGTH:
        return one
    image, (_, top, far, _) = _grown(other, ratio, one)
    begin, end = round(one.cuts[count - 1]), round(other.cuts[-kept] * ratio)
    # Both plates' upper rims on one row, and what is missing there as the row beside it.
    rows = np.arange(len(one.image)) - round(one.box[1] - top)
    right = image[rows.clip(0, len(image) - 1), end:]
    box = (one.box[0], one.box[1], begin + far - end, one.box[3])
    return RealCrop(np.hstack((one.image[:, :begin], right)), box, (text, ""))


def _grown(crop: RealCrop, ratio: float, like: RealCrop) -> tuple[np.ndarray, Box]:
    """The crop so many times as large and lit like the other one, and its plate's box then."""
    way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    image = cv2.resize(crop.image, None, fx=ratio, fy=ratio, interpolation=way)
    x1, y1, x2, y2 = (side * ratio for side in crop.box)
    box = (x1, y1, x2, y2)
    (mean, spread), (to_mean, to_spread) = _light(image, box), _light(like.image, like.box)
    moved = (image.astype(np.float32) - mean) * (to_spread / spread) + to_mean
    return np.clip(moved, 0, 255).astype(np.uint8), box


def _light(image: np.ndarray, box: Box) -> tuple[float, float]:
    x1, y1, x2, y2 = (max(0, int(side)) for side in box)
    plate = image[y1 : y2 + 1, x1 : x2 + 1]
    return float(plate.mean()), float(plate.std()) + 4.0
