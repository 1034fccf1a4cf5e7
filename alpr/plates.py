"""The vocabulary: where a plate is and what it says.

Boxes are whole pixels of the uploaded, upright image. ``x_max`` and ``y_max`` are the first pixel
outside, so a box's width is ``x_max - x_min``. Confidences are fractions from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

DUPLICATE_OVERLAP_THRESHOLD = 0.5
"""Minimum overlap (intersection over the smaller box) for two boxes to show the same plate."""

MIN_PART_AREA = 1 / 8
"""Minimum area of a view that is cut off, as a fraction of the whole plate's. What is smaller is
another plate, e.g. that of a car before a board with a telephone number."""


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in whole pixels. An empty one raises :class:`ValueError`."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int

    def __post_init__(self) -> None:
        if self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError(f"an empty box: {self}")

    @classmethod
    def clamp(
        cls, x_min: float, y_min: float, x_max: float, y_max: float, *, width: int, height: int
    ) -> Box:
        """The box of these corners (pixels, in any order), rounded and clipped to the image.

        A box that lies outside or is thinner than a pixel becomes the nearest pixel inside, so that
        every answer has ``min < max``.
        """
        left, right = _clamp_span(x_min, x_max, width)
        top, bottom = _clamp_span(y_min, y_max, height)
        return cls(left, top, right, bottom)

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
    def center(self) -> tuple[float, float]:
        """``(x, y)`` in pixels."""
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """``(x_min, y_min, x_max, y_max)``, the order that Pillow crops by."""
        return self.x_min, self.y_min, self.x_max, self.y_max

    def shift(self, dx: int, dy: int) -> Box:
        """The box moved right by ``dx`` and down by ``dy`` pixels."""
        return Box(self.x_min + dx, self.y_min + dy, self.x_max + dx, self.y_max + dy)

    def expand(self, dx: float, dy: float, *, width: int, height: int) -> Box:
        """The box with ``dx`` more pixels left and right and ``dy`` more above and below.

        It is clipped to an image of ``width`` x ``height`` pixels.
        """
        return Box.clamp(
            self.x_min - dx,
            self.y_min - dy,
            self.x_max + dx,
            self.y_max + dy,
            width=width,
            height=height,
        )

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.x_min, other.x_min),
            min(self.y_min, other.y_min),
            max(self.x_max, other.x_max),
            max(self.y_max, other.y_max),
        )

    def intersection_area(self, other: Box) -> int:
        """How many pixels both boxes cover."""
        width = min(self.x_max, other.x_max) - max(self.x_min, other.x_min)
        height = min(self.y_max, other.y_max) - max(self.y_min, other.y_min)
        return max(width, 0) * max(height, 0)

    def overlap(self, other: Box) -> float:
        """The intersection as a fraction of the smaller box, 0 to 1."""
        return self.intersection_area(other) / min(self.area, other.area)


def _clamp_span(start: float, end: float, size: int) -> tuple[int, int]:
    low = min(max(round(min(start, end)), 0), size - 1)
    high = min(max(round(max(start, end)), low + 1), size)
    return low, high


class Candidate(NamedTuple):
    """A text that a plate may say, and its probability, 0 to 1."""

    text: str
    probability: float


class PlateRegion(NamedTuple):
    """Where a plate is from, by its code of ISO 3166 in lower case, and a score from 0 to 1."""

    code: str
    score: float


@dataclass(frozen=True, slots=True)
class Plate:
    """One plate as an engine read it.

    ``confidence`` is that of the text. Where the engine knows them, ``detection_confidence`` is
    that of there being a plate at all, and ``char_confidences`` has one value a character.
    ``extras`` are further facts of the engine (the country, the car), passed on unchanged.
    ``candidates`` are the likely texts, the plate's own first. ``cut`` says that the image's edge
    cuts the plate off. ``region`` is where the plate is from, where that is known, and ``raw`` the
    text as it was read, where formats changed it.
    """

    text: str
    confidence: float
    box: Box
    detection_confidence: float | None = None
    char_confidences: tuple[float, ...] = ()
    extras: Mapping[str, object] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    cut: bool = False
    region: PlateRegion | None = None
    raw: str = ""

    @property
    def box_confidence(self) -> float:
        """The confidence of the box; the text's where the engine has none of its own."""
        return self.confidence if self.detection_confidence is None else self.detection_confidence

    def shift(self, dx: int, dy: int) -> Plate:
        """The plate with its box moved right by ``dx`` and down by ``dy`` pixels."""
        return replace(self, box=self.box.shift(dx, dy))


def sort_by_confidence(plates: Iterable[Plate]) -> list[Plate]:
    """Whole plates before cut ones, best first; equals by position, then text."""
    return sorted(
        plates, key=lambda plate: (plate.cut, -plate.confidence, plate.box.corners, plate.text)
    )


def merge_duplicates(plates: Iterable[Plate]) -> list[Plate]:
    """One entry for each plate seen, best first.

    Overlapping cells show a plate more than once. A view that is cut off at a cell's border can
    have a higher confidence than a whole one, but it is narrower. So the view with the largest
    product of confidence and area is kept, not the one with the highest confidence. A whole view
    is kept before one that the image's edge cuts.
    """
    kept: list[Plate] = []
    candidates = sort_by_confidence(plates)
    for plate in sorted(
        candidates, key=lambda plate: (plate.cut, -plate.confidence * plate.box.area)
    ):
        if not any(_same_plate(plate.box, other.box) for other in kept):
            kept.append(plate)
    return sort_by_confidence(kept)


def _same_plate(one: Box, other: Box) -> bool:
    """Whether two boxes are views of one plate, whole or cut off."""
    smaller, larger = sorted((one.area, other.area))
    is_part = smaller >= MIN_PART_AREA * larger
    return is_part and one.overlap(other) >= DUPLICATE_OVERLAP_THRESHOLD
