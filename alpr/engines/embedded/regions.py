"""Regions of an image, merged so that the detector sees them in fewer passes."""

from __future__ import annotations

from collections.abc import Sequence

from alpr.plates import Box


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
