"""The vocabulary: where a plate is and what it says.

Boxes are whole pixels of the uploaded, upright image; ``x_max`` and ``y_max`` are the first
pixel outside, so a box's width is ``x_max - x_min``. Confidences are fractions from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SAME_PLATE_OVERLAP = 0.5
"""Two boxes show the same plate when they share this part of the smaller one."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in whole pixels; empty boxes cannot be made."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int

    def __post_init__(self) -> None:
        if self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError(f"an empty box: {self}")

    @property
    def width(self) -> int:
        return self.x_max - self.x_min

    @property
    def height(self) -> int:
        return self.y_max - self.y_min

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """``(x_min, y_min, x_max, y_max)``, the order that Pillow crops by."""
        return self.x_min, self.y_min, self.x_max, self.y_max

    def moved(self, right: int, down: int) -> Box:
        return Box(self.x_min + right, self.y_min + down, self.x_max + right, self.y_max + down)

    def overlap(self, other: Box) -> float:
        """The shared area as a fraction of the smaller box, 0 to 1."""
        width = min(self.x_max, other.x_max) - max(self.x_min, other.x_min)
        height = min(self.y_max, other.y_max) - max(self.y_min, other.y_min)
        if width <= 0 or height <= 0:
            return 0.0
        return width * height / min(self.area, other.area)


def box_inside(
    x_min: float, y_min: float, x_max: float, y_max: float, *, width: int, height: int
) -> Box:
    """The box of these corners (pixels, in any order), rounded and held inside the image.

    A box that lies outside or is thinner than a pixel becomes the nearest pixel inside, so that
    every answer has ``min < max``.
    """
    left, right = _span(x_min, x_max, width)
    top, bottom = _span(y_min, y_max, height)
    return Box(left, top, right, bottom)


def grown(box: Box, across: float, down: float, *, width: int, height: int) -> Box:
    """The box with ``across`` more pixels on its left and right, ``down`` above and below.

    What lies outside an image of ``width`` x ``height`` pixels is cut off.
    """
    return box_inside(
        box.x_min - across,
        box.y_min - down,
        box.x_max + across,
        box.y_max + down,
        width=width,
        height=height,
    )


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    low = min(max(round(min(start, end)), 0), size - 1)
    high = min(max(round(max(start, end)), low + 1), size)
    return low, high


@dataclass(frozen=True, slots=True)
class Plate:
    """One plate as an engine read it.

    ``confidence`` is how sure the reading is; ``detection_confidence`` how sure it is that there
    is a plate at all, and ``char_confidences`` one figure a character, where the engine knows.
    ``extras`` are further facts of the engine (the country, the car), passed on as they are.
    """

    text: str
    confidence: float
    box: Box
    detection_confidence: float | None = None
    char_confidences: tuple[float, ...] = ()
    extras: Mapping[str, object] = field(default_factory=dict)

    def moved(self, right: int, down: int) -> Plate:
        """The same plate in an image whose origin lies further left and up."""
        return Plate(
            self.text,
            self.confidence,
            self.box.moved(right, down),
            self.detection_confidence,
            self.char_confidences,
            self.extras,
        )


def ranked(plates: Iterable[Plate]) -> list[Plate]:
    """Best first; equals from left to right and down, so that an answer is always the same."""
    return sorted(plates, key=lambda plate: (-plate.confidence, plate.box.corners, plate.text))


def merged(plates: Iterable[Plate]) -> list[Plate]:
    """One entry for each plate seen, best first.

    Overlapping views of a plate come from overlapping cells, and a view that a border cut is as
    sure of itself as a whole one, but narrower. So of two views the one with more sure area
    stays, rather than the surer one.
    """
    kept: list[Plate] = []
    for plate in sorted(ranked(plates), key=lambda plate: -plate.confidence * plate.box.area):
        if all(plate.box.overlap(other.box) < SAME_PLATE_OVERLAP for other in kept):
            kept.append(plate)
    return ranked(kept)
