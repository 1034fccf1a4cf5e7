"""A pool of rendered plates: rendering one costs as much as training on an image."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render import LAYOUTS, RenderedPlate, render_plate

# Layouts drawn more often than their share: the photos have few nearly square and few American
# plates.
OFTEN = ("two_lines", "us")


@dataclass
class PlatePool:
    """Rendered plates by aspect ratio, each given as BGR with the corners to warp it by."""

    count: int
    seed: int
    plates: list[RenderedPlate] = field(init=False)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        names = list(LAYOUTS)
        layouts = names + [name for name in names if name in OFTEN]
        plates = [render_plate(rng, rng.choice(layouts)) for _ in range(self.count)]
        plates.sort(key=aspect)
        self.plates = plates
        self.aspects = np.array([aspect(plate) for plate in plates])

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Any plate: BGR image and corners [4, 2], clockwise from the top left."""
        return as_bgr(self.plates[rng.integers(len(self.plates))])

    def draw_like(
        self, wanted: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A plate about as wide for its height as `wanted`, so that it fits where another was."""
        low, high = np.searchsorted(self.aspects, (wanted * 0.8, wanted * 1.35))
        if high - low < 20:
            low = max(0, min(low, len(self.plates) - 40))
            high = min(len(self.plates), low + 40)
        return as_bgr(self.plates[rng.integers(low, high)])


def aspect(plate: RenderedPlate) -> float:
    """Width over height."""
    size = np.ptp(plate.quad, axis=0)
    return float(size[0] / max(size[1], 1.0))


def as_bgr(plate: RenderedPlate) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """BGR and corners."""
    return np.asarray(cv2.cvtColor(plate.image, cv2.COLOR_RGB2BGR), np.uint8), plate.quad
