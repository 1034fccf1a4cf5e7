"""A plate seen straight on, and what every layout starts and ends with."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from training.render import ink, texts


@dataclass(frozen=True)
class RenderedPlate:
    """A plate seen straight on.

    RGB uint8 image, its lines of text, its corners in the image's pixels, clockwise from the top
    left, as float32 (4, 2), and the height of its characters in the image's pixels.
    """

    image: np.ndarray
    lines: tuple[str, ...]
    layout: str
    quad: np.ndarray = field(repr=False)
    letter: float = 50.0

    @property
    def text(self) -> str:
        """All lines, read from the top."""
        return "".join(self.lines)


def finish(image: np.ndarray, text: str, layout: str, letter: float) -> RenderedPlate:
    """A rendered plate that fills its image; `text` still has its separators, | between lines."""
    height, width = image.shape[:2]
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    lines = tuple(texts.plain_text(line) for line in text.split("|"))
    return RenderedPlate(image, lines, layout, quad, letter)


def blank(width: int, height: int, colour: ink.Colour) -> np.ndarray:
    """An empty plate."""
    return np.full((height, width, 3), colour, np.uint8)


def ground(rng: random.Random, dark: float = 0.1) -> tuple[ink.Colour, ink.Colour]:
    """Colours of the plate and of its characters, bright on dark with probability `dark`."""
    if rng.random() < dark:
        return ink.shade(rng, 0, 90, 50), ink.shade(rng, 190, 250, 30)
    base = rng.choices(
        ((245, 245, 245), (225, 225, 228), (250, 215, 50), (205, 208, 212), (240, 180, 30)),
        (6, 3, 3, 1, 1),
    )[0]
    fade = rng.uniform(0.8, 1.0)
    red, green, blue = (int(channel * fade) for channel in base)
    text = ink.shade(rng, 0, 50) if rng.random() < 0.8 else ink.colour(rng, 0, 130)
    return (red, green, blue), text
