"""Batches for training: rendered crops and real ones, crossed, moved and spoiled."""

from __future__ import annotations

import random

import cv2
import numpy as np
import torch

from training.reader.cross import crossed
from training.reader.data import Real, RealCrop
from training.reader.pool import Pool
from training.reader.shape import HEIGHT, WIDTH
from training.render.camera import camera, margins

Sample = tuple[np.ndarray, tuple[str, str]]

CROSSED_SHARE = 0.6  # of the real crops that can be


def nudge(rng: random.Random, crop: np.ndarray) -> np.ndarray:
    """The crop at the network's size, moved a little, so that no crop is ever seen twice."""
    rows, columns = crop.shape
    sx, sy = WIDTH / columns, HEIGHT / rows
    if rng.random() < 0.3:
        return cv2.resize(crop, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    zoom_x, zoom_y = 1 + rng.uniform(-0.06, 0.04), 1 + rng.uniform(-0.1, 0.06)
    lean_x, lean_y = rng.gauss(0, 0.05), rng.gauss(0, 0.02)
    matrix = np.array([[sx * zoom_x, lean_x, 0], [lean_y, sy * zoom_y, 0]])
    middle = matrix[:, :2] @ (columns / 2, rows / 2)
    matrix[:, 2] = (WIDTH / 2 + rng.uniform(-3, 3), HEIGHT / 2 + rng.uniform(-2, 2)) - middle
    return cv2.warpAffine(
        crop, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def spoil(rng: random.Random, crops: np.ndarray) -> np.ndarray:
    """Cheap changes to a whole batch [batch, HEIGHT, WIDTH] uint8.

    Some inverted, some bent in gamma, some noisy.
    """
    noise = np.random.Generator(np.random.SFC64(rng.getrandbits(64)))
    for crop in crops:
        draw = rng.random()
        if draw < 0.08:
            np.subtract(255, crop, out=crop)
        elif draw < 0.2:
            curve = (np.linspace(0, 1, 256) ** rng.uniform(0.5, 2) * 255).astype(np.uint8)
            crop[:] = curve[crop]
        elif draw < 0.35:
            grain = noise.standard_normal(crop.shape, np.float32) * rng.uniform(1, 8)
            crop[:] = np.clip(crop + grain, 0, 255).astype(np.uint8)
    return crops


def shake(rng: random.Random, crop: RealCrop) -> np.ndarray:
    """A real plate as another camera and detector might have given it: grey, any size."""
    x1, y1, x2, y2 = crop.box
    width, height = x2 - x1, y2 - y1
    matrix = cv2.getRotationMatrix2D(((x1 + x2) / 2, (y1 + y2) / 2), rng.gauss(0, 3), 1)
    matrix[0, 1] += rng.gauss(0, 0.06)
    # The box that stands upright around the turned box is larger; half of the growth keeps it
    # tight.
    grow_y = abs(matrix[1, 0]) * width * 0.5
    sides = margins(rng, 0.04, 0.07)
    rows, columns = crop.image.shape
    left, top = x1 - sides[0] * width, y1 - sides[1] * height - grow_y / 2
    right, bottom = x2 + sides[2] * width, y2 + sides[3] * height + grow_y / 2
    # As far as the picture goes, as in the service; a little further, and its edge is repeated.
    left, top = max(left, -0.02 * width), max(top, -0.03 * height)
    right, bottom = min(right, columns + 0.02 * width), min(bottom, rows + 0.03 * height)
    # Never enlarged, and often smaller than it was.
    scale = min(1.0, rng.uniform(14, 60) / height) if rng.random() < 0.4 else min(1.0, 90 / height)
    size = max(8, round((right - left) * scale)), max(6, round((bottom - top) * scale))
    place = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]]) @ np.vstack(
        [matrix, [0, 0, 1]]
    )
    image = crop.image
    if scale < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
    image = cv2.warpAffine(
        image, place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return camera(rng, image, 0.5 * height * scale) if rng.random() < 0.5 else image


class Batches:
    """Draws batches; `share` is the share of real crops, where there are any."""

    def __init__(
        self, pool: Pool, seed: int, size: int, real: Real | None = None, share: float = 0.0
    ) -> None:
        self.pool, self.rng, self.size = pool, random.Random(seed), size
        self.real, self.share = real, share if real else 0.0
        cuttable = [crop for crop in real.crops if crop.cuts] if real else []
        self.halves = [[c for c in cuttable if bool(c.lines[1]) == two] for two in (False, True)]

    def sample(self) -> Sample:
        """One crop and its lines."""
        if self.real and self.rng.random() < self.share:
            crop = self.rng.choice(self.real.crops)
            if self.rng.random() < CROSSED_SHARE:
                crop = crossed(self.rng, crop, self.halves[bool(crop.lines[1])])
            return shake(self.rng, crop), crop.lines
        return self.pool.draw(self.rng)

    def draw(self) -> tuple[torch.Tensor, list[tuple[str, str]]]:
        """A batch: crops as uint8 [batch, 1, HEIGHT, WIDTH], and their lines."""
        crops, lines = zip(*(self.sample() for _ in range(self.size)), strict=True)
        moved = spoil(self.rng, np.stack([nudge(self.rng, np.asarray(crop)) for crop in crops]))
        return torch.from_numpy(moved)[:, None], list(lines)
