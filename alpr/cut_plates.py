"""Plates that the edge of the image cuts off: marked, and never ahead of whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alpr.plates import Box, Plate

EDGE_PX, EDGE_FRACTION = 2, 0.15
"""A box touches an edge within this many pixels, or within this fraction of its height. Boxes are a
little smaller than plates; chosen on photos cut through their plates."""

FILLING_FRACTION = 0.75
"""An image is a crop of one plate where the plate's box has this fraction of its width and height.
Its edges say nothing: the one who cropped it meant the plate."""

CUT_CONFIDENCE = 0.49
"""Factor of a cut plate's confidence: characters may be missing, so its text is likely wrong."""


def mark_cut(plates: Sequence[Plate], width: int, height: int) -> list[Plate]:
    """The plates of an image of ``width`` x ``height`` pixels, cut ones marked.

    A cut plate's confidence becomes lower than 0.5 and at most that of every whole plate. That of
    its box stays: there is a plate, only its text is in doubt.
    """
    whole = [plate for plate in plates if not _is_cut(plate.box, width, height)]
    limit = min((plate.confidence for plate in whole), default=1.0)
    cut = [
        replace(
            plate,
            cut=True,
            confidence=min(limit, CUT_CONFIDENCE * plate.confidence),
            detection_confidence=plate.box_confidence,
        )
        for plate in plates
        if _is_cut(plate.box, width, height)
    ]
    return whole + cut


def _is_cut(box: Box, width: int, height: int) -> bool:
    """Whether a box touches an edge of the image but does not fill the image."""
    if box.width >= FILLING_FRACTION * width and box.height >= FILLING_FRACTION * height:
        return False
    near = max(EDGE_PX, EDGE_FRACTION * box.height)
    return (
        min(box.x_min, box.y_min) <= near or width - box.x_max <= near or height - box.y_max <= near
    )
