"""Plates that fill the picture, or that its edge cuts: what crops and close-ups show.

A whole photo is seldom a close-up, and none is that was collected with a limit on the plates' size.
So parts of photos are cut out around a plate, as tightly as other detectors and people cut.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from alpr.engines.embedded.letterbox import PADDING
from training.detector.batches import MAX_BATCH_PIXELS, Batches, stack
from training.detector.boxes import PLATE, Boxes, move_boxes
from training.detector.data import Photo, PhotoStore
from training.detector.geometry import Matrix, Rng, warp
from training.images import Image
from training.scenes import replace as exchange
from training.scenes.overlays import burn_in

# Inputs (height, width): what crops, tall phone pictures and wide frames come to.
SIZES = (
    (32, 96),
    (64, 96),
    (64, 160),
    (64, 224),
    (96, 160),
    (96, 192),
    (160, 192),
    (96, 352),
    (128, 384),
    (160, 256),
    (192, 512),
    (224, 320),
    (256, 256),
    (320, 640),
    (416, 640),
    (448, 320),
)
# Of the batches: crops and close-ups. The others are whole photos.
SHARE = 0.55
# Of a large batch: parts of photos that show no plate, or the edge of one.
EMPTY = 0.18
# A crop narrower than this (pixels) says little about plates.
MIN_SOURCE = 36.0
ENLARGED = 5.0
# At most so many crops of a source: some have a thousand of one kind.
MAX_OF_A_SOURCE = {"thai_wcr": 150, "ccpd_lprnet": 200, "rishabh": 250}
# Of the pictures: with a clock and names burnt in.
OVERLAID = 0.3
MAX_INPUTS = 32
# Close-ups tried for an input: of these the one of its shape is taken.
TRIES = 3
# Of the close-ups: every plate exchanged for a rendered one.
REPLACED = 0.2
# Of the close-ups, and the grey around them (pixels): the service's second look has it.
BORDERED, BORDER = 0.35, 32


def read_crops(folder: Path, split: str = "train") -> list[Photo]:
    """Crops of plates with their surroundings, those of a split: each a photo with one box."""
    photos, seen = [], dict.fromkeys(MAX_OF_A_SOURCE, 0)
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        source = row["source"]
        if row["split"] != split:
            continue
        if source in seen:
            seen[source] += 1
            if seen[source] > MAX_OF_A_SOURCE[source]:
                continue
        box = np.array([[*row["plate"], PLATE]], np.float32)
        photos.append(Photo(folder / row["file"], box, source, row["licence"]))
    return photos


@dataclass(frozen=True)
class Part:
    """What of a photo is shown: x1, y1, x2, y2 in its pixels."""

    x1: float
    y1: float
    x2: float
    y2: float

    def within(self, shape: Sequence[int]) -> Part:
        """As much of it as the photo (height, width) has, at least a few pixels."""
        x1, y1 = max(0.0, self.x1), max(0.0, self.y1)
        x2, y2 = min(float(shape[1]), self.x2), min(float(shape[0]), self.y2)
        return Part(x1, y1, max(x2, x1 + 8), max(y2, y1 + 8))


def around(box: NDArray[np.float32], size: tuple[int, int], rng: Rng) -> Part:
    """The part of a photo around a plate that a client might send."""
    x1, y1, x2, y2 = (float(side) for side in box[:4])
    width, height = x2 - x1, y2 - y1
    kind = rng.random()
    if kind < 0.5:  # by a margin, the same on every side but for a detector's error
        margin = rng.choice([0.0, 0.0, 0.0, 0.05, 0.1, 0.25, 0.5]) * rng.uniform(0.6, 1.4)
        left, top, right, bottom = margin + rng.normal(0, 0.02, 4)
        return Part(x1 - left * width, y1 - top * height, x2 + right * width, y2 + bottom * height)
    # By the part of the picture's width that the plate fills.
    share = rng.uniform(0.35, 1.02)
    wide = width / share
    tall = max(wide * size[0] / size[1] * math.exp(rng.normal(0, 0.15)), height * 1.02)
    loose_x, loose_y = max(wide - width, 0.0), max(tall - height, 0.0)
    left, top = x1 - loose_x * rng.uniform(0.1, 0.9), y1 - loose_y * rng.uniform(0.1, 0.9)
    part = Part(left, top, left + wide, top + tall)
    return cut(part, box, rng) if kind > 0.8 else part


def cut(part: Part, box: NDArray[np.float32], rng: Rng) -> Part:
    """The part moved so that one of its edges cuts the plate."""
    x1, y1, x2, y2 = (float(side) for side in box[:4])
    lost = rng.uniform(0.03, 0.55)
    side = rng.choice(4, p=[0.38, 0.38, 0.12, 0.12])
    if side == 0:
        return replace(part, x1=x1 + lost * (x2 - x1), x2=max(part.x2, x2 + 1))
    if side == 1:
        return replace(part, x2=x2 - lost * (x2 - x1), x1=min(part.x1, x1 - 1))
    if side == 2:
        return replace(part, y1=y1 + lost * (y2 - y1), y2=max(part.y2, y2 + 1))
    return replace(part, y2=y2 - lost * (y2 - y1), y1=min(part.y1, y1 - 1))


def beside(shape: Sequence[int], boxes: Boxes, rng: Rng) -> Part:
    """A part of a photo (height, width) anywhere, of any size, most often without its plates."""
    for _ in range(8):
        wide, tall = shape[1] * rng.uniform(0.08, 0.6), shape[0] * rng.uniform(0.06, 0.6)
        left = rng.uniform(0, shape[1] - wide)
        top = rng.uniform(0, shape[0] - tall)
        part = Part(left, top, left + wide, top + tall)
        apart = (boxes[:, 0] > part.x2) | (boxes[:, 2] < left)
        apart |= (boxes[:, 1] > part.y2) | (boxes[:, 3] < top)
        if bool(apart.all()):
            break
    return part


def fit(part: Part, size: tuple[int, int], rng: Rng) -> tuple[Matrix, tuple[int, int]]:
    """How the part comes to lie in the input's upper left corner, and the size it has there."""
    wide, tall = part.x2 - part.x1, part.y2 - part.y1
    scale = min(size[1] / wide, size[0] / tall)
    if rng.random() < 0.25:
        scale *= rng.uniform(0.5, 1.0)
    scale = min(scale, ENLARGED)
    matrix = np.array([[scale, 0, -part.x1 * scale], [0, scale, -part.y1 * scale]])
    shown = min(size[0], max(4, round(tall * scale))), min(size[1], max(4, round(wide * scale)))
    return matrix, shown


def turned(matrix: Matrix, middle: tuple[float, float], rng: Rng) -> Matrix:
    """The same, the photo turned and leaning a little around a point of it."""
    angle, lean = math.radians(rng.normal(0, 4)), rng.normal(0, 0.08)
    cos, sin = math.cos(angle), math.sin(angle)
    move = np.array([[cos, -sin + lean], [sin, cos]])
    at = np.array(middle)
    return matrix @ np.vstack([np.column_stack([move, at - move @ at]), [0, 0, 1]])


def choose(boxes: Boxes, shape: Sequence[int], size: tuple[int, int], rng: Rng) -> Part:
    """A part of a photo (height, width) to show: around a plate, or away from plates."""
    plates = boxes[(boxes[:, 4] == PLATE) & (boxes[:, 2] - boxes[:, 0] >= MIN_SOURCE)]
    if not len(plates) or rng.random() < EMPTY:
        return beside(shape, boxes, rng)
    return around(plates[rng.integers(len(plates))], size, rng)


def show(
    image: Image, boxes: Boxes, part: Part, size: tuple[int, int], rng: Rng
) -> tuple[Image, Boxes]:
    """The part of a photo as large as it can be within ``size``, and the boxes that it shows."""
    matrix, shown = fit(part, size, rng)
    if rng.random() < 0.4:
        matrix = turned(matrix, ((part.x1 + part.x2) / 2, (part.y1 + part.y2) / 2), rng)
    out, moved = warp(image, matrix, shown, rng), move_boxes(boxes, matrix, shown)
    if rng.random() < 0.35:
        out = np.ascontiguousarray(out[:, ::-1])
        moved[:, [0, 2]] = shown[1] - moved[:, [2, 0]]
    return out, moved


def overlaid(image: Image, boxes: Boxes, rng: Rng) -> Image:
    """The image with text burnt in, half of the time compressed after that."""
    burn_in(image, boxes, rng)
    if rng.random() < 0.5:
        return image
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))]
    _, data = cv2.imencode(".jpg", image, quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@dataclass
class LargeBatches(Batches):
    """Batches of whole photos, and of crops and close-ups of them and of ``crops``."""

    crops: PhotoStore | None = None

    def drawn(self, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes, Part]:
        """A photo and a part of it, of several the one whose shape is most like the input's."""
        tries: list[tuple[float, int, Image, Boxes, Part]] = []
        for _ in range(TRIES):
            near = self.crops is not None and rng.random() < 0.55
            store = self.crops if near and self.crops is not None else self.store
            image, boxes = store.draw(rng, 0.0 if near else 0.08)
            part = choose(boxes, image.shape, size, rng).within(image.shape)
            ratio = (part.x2 - part.x1) / (part.y2 - part.y1) * size[0] / size[1]
            tries.append((abs(math.log(ratio)), len(tries), image, boxes, part))
        _, _, image, boxes, part = min(tries, key=lambda one: one[:2])
        return image, boxes, part

    def close_up(self, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes]:
        """One crop or close-up, and grey where the input is larger, as in the service."""
        border = BORDER if min(size) >= 96 and rng.random() < BORDERED else 0
        room = size[0] - 2 * border, size[1] - 2 * border
        image, boxes, part = self.drawn(room, rng)
        shown, boxes = show(image, boxes, part, room, rng)
        if rng.random() < REPLACED:
            for box in boxes:
                new = (
                    exchange(shown, box, self.pool, rng) if self.pool and box[4] == PLATE else None
                )
                if new is not None:
                    box[:4] = new
            boxes = move_boxes(boxes, np.eye(2, 3), shown.shape[:2])
        shown = self.photometry(shown, boxes, rng)
        if min(shown.shape[:2]) >= 100 and rng.random() < OVERLAID:
            shown = overlaid(shown, boxes, rng)
        out = np.full((*size, 3), PADDING, np.uint8)
        out[border : border + shown.shape[0], border : border + shown.shape[1]] = shown
        return out, boxes + np.array([border] * 4 + [0], np.float32)

    def sample(self, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes]:
        image, boxes = super().sample(size, rng)
        if rng.random() < OVERLAID:
            image = overlaid(image, boxes, rng)
        return image, boxes

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """As of any batches, of one kind or the other."""
        rng = np.random.default_rng((self.seed, step, 1))
        if rng.random() >= SHARE:
            return super().batch(step)
        size = SIZES[rng.integers(len(SIZES))]
        count = min(MAX_INPUTS, max(2, MAX_BATCH_PIXELS // (size[0] * size[1])))
        return stack([self.close_up(size, rng) for _ in range(count)])
