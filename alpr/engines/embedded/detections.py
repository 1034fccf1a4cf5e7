"""Detections: a plate's box and score, and whether two of them show the same plate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alpr.plates import Box

MIN_OVERLAP = 0.3
"""Minimum overlap (intersection over the smaller box) of two detections of the same plate."""

LARGE_PLATE_FRACTION = 0.3
"""Minimum width of a large plate, as a fraction of the region's; the scan may see only parts of it.
Chosen on crops of plates."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate's box in pixels of the image, and the detector's score, 0 to 1."""

    box: Box
    score: float


def same_plate(one: Detection, others: Sequence[Detection]) -> Detection | None:
    """The best of the others that show the same plate; None if none does."""
    same = [other for other in others if other.box.overlap(one.box) >= MIN_OVERLAP]
    return max(same, key=lambda other: other.score, default=None)


def is_large(box: Box, region: Box) -> bool:
    """Whether a plate's box fills so much of a region that the scan may not see it whole."""
    return box.width >= LARGE_PLATE_FRACTION * region.width
