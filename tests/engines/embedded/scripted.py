"""Networks that say what a test tells them, in place of the models; and a plate for the crops."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from alpr.engines.embedded.positions import BASE_HEIGHT, BASE_WIDTH, STRIDES
from alpr.plates import Box

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEPS = 6


def probabilities(upper: str, lower: str = "", confidence: float = 0.9) -> NDArray[np.float32]:
    """The reader's output for these characters, one a step, ``-`` for the blank."""
    table = np.full((2 * STEPS, len(ALPHABET) + 1), 0.0, np.float32)
    for step, char in enumerate(upper.ljust(STEPS, "-") + lower.ljust(STEPS, "-")):
        table[step, (ALPHABET + "-").index(char)] = confidence
    return table


class DetectorNetwork:
    """Detects the one bright spot of each input.

    ``scores`` are those of the first pass, of the second and so on; the last one stays. ``shapes``
    are the inputs' shapes in pixels so far: batch, height, width.
    """

    metadata: Mapping[str, Any] = {"long_side": 640, "threshold": 0.5, "nms_iou": 0.4}

    def __init__(self, *scores: float) -> None:
        self.scores = scores or (0.9,)
        self.shapes: list[tuple[int, int, int]] = []

    def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.shapes.append((len(batch), 2 * batch.shape[1], 2 * batch.shape[2]))
        return np.stack([raw(self.boxes(pixels(one)), pixels(one)) for one in batch])

    def boxes(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What is detected in one input [H, W, 3]: [n, 5]."""
        rows, columns = np.nonzero(image[..., 0] > 200)
        if not len(rows):
            return np.zeros((0, 5), np.float32)
        edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        score = self.scores[min(len(self.shapes), len(self.scores)) - 1]
        return np.array([(*edges, score)], np.float32)


def pixels(blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The image [H, W, 3] whose blocks of 2 x 2 pixels an input [H / 2, W / 2, 12] has."""
    rows, columns, _ = blocks.shape
    parts = blocks.reshape(rows, columns, 2, 2, 3).transpose(0, 2, 1, 3, 4)
    return parts.reshape(2 * rows, 2 * columns, 3)


def raw(boxes: NDArray[np.float32], image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The output [positions, 5] for an input [H, W, 3] that has these boxes [n, 5]."""
    height, width = image.shape[:2]
    stride = STRIDES[0]
    table = np.full((sum(height // s * (width // s) for s in STRIDES), 5), -20, np.float32)
    for x_min, y_min, x_max, y_max, score in boxes:
        x, y = (x_min + x_max) / 2 / stride, (y_min + y_max) / 2 / stride
        size = (x_max - x_min) / stride / BASE_WIDTH, (y_max - y_min) / stride / BASE_HEIGHT
        offset = x - int(x) - 0.5, y - int(y) - 0.5
        logit = math.log(score / (1 - score))
        table[int(y) * (width // stride) + int(x)] = (logit, *offset, *map(math.log, size))
    return table


class ReaderNetwork:
    """Reads, in each pass, the pass's texts in turn with their confidences.

    ``sizes`` are the numbers of crops of the passes so far.
    """

    input_shape = ("batch", 1, 48, 144)
    metadata: Mapping[str, Any] = {
        "alphabet": ALPHABET,
        "steps_per_line": STEPS,
        "margin": {"x": 0.06, "y": 0.2},
    }

    def __init__(self, *passes: Sequence[tuple[str, float]]) -> None:
        self._passes = list(passes)
        self.sizes: list[int] = []

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.sizes.append(len(batch))
        texts = islice(cycle(self._passes.pop(0)), len(batch))
        return np.stack([probabilities(text, confidence=value) for text, value in texts])


class ContextNetwork:
    """Says the same likelihood of every place."""

    def __init__(self, likelihood: float) -> None:
        self._likelihood = likelihood

    def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.full(len(batch), self._likelihood, np.float32)


def striped(degrees: float) -> tuple[Image.Image, Box]:
    """A plate of 200 x 50 pixels, its left half white, rotated clockwise; and the box around it."""
    image = Image.new("RGB", (400, 300), "black")
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def at(x: float, y: float) -> tuple[float, float]:
        return 200 + x * cos - y * sin, 150 + x * sin + y * cos

    ImageDraw.Draw(image).polygon([at(-100, -25), at(-100, 25), at(0, 25), at(0, -25)], "white")
    corners = [at(x, y) for x in (-100, 100) for y in (-25, 25)]
    xs, ys = zip(*corners, strict=True)
    return image, Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))
