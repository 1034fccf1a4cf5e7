"""Regions of an image: the scale at which the detector sees them, in as few passes as it can."""

from __future__ import annotations

from collections.abc import Sequence

from alpr.plates import Box

MIN_REDUCTION = 2
"""By how much cells are reduced at least. Chosen on validation plates in frames of other validation
photos: with glances at what is found there, a larger scale finds hardly more."""


def scan_scale(whole: Box, regions: Sequence[Box], long_side: int) -> float:
    """The scale of a first pass over regions of an image, at most 1.

    The ``whole`` image has at most ``long_side`` pixels then. Its cells have about as many each:
    they are reduced by a whole number, which is several times as fast as by any other.
    """
    whole_scale = min(1.0, long_side / max(whole.width, whole.height))
    if list(regions) == [whole]:
        return whole_scale
    side = max(max(region.width, region.height) for region in regions)
    return max(whole_scale, 1 / max(MIN_REDUCTION, round(side / long_side)))


def merge_regions(regions: Sequence[Box], max_pixels: float) -> list[Box]:
    """Fewer areas that cover the same pixels.

    No area has more than ``max_pixels``, unless a region has. A region is merged with the one
    before it where both fill a rectangle together. So cells, which are counted row by row, become
    rows, and rows become a block.
    """
    areas: list[Box] = []
    for region in regions:
        areas.append(region)
        while len(areas) > 1 and (union := _union(*areas[-2:])) and union.area <= max_pixels:
            areas[-2:] = [union]
    return areas


def _union(one: Box, other: Box) -> Box | None:
    """The rectangle that two boxes fill together; None if they fill none."""
    around = one.union(other)
    both = one.area + other.area - one.intersection_area(other)
    return around if around.area == both else None
