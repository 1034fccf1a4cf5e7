"""Boxes of plates: [n, 5] as x1, y1, x2, y2 in pixels and what each counts as."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
# Positive, ignored: the fifth column of the boxes a batch carries. Padding rows are 0.
PLATE, IGNORED = 1.0, -1.0
# Plates narrower or lower than this at the input (pixels) are not learnt; nor are those cut off by
# more than this.
MIN_WIDTH, MIN_HEIGHT, MIN_VISIBLE = 9.0, 4.5, 0.45


def move_boxes(boxes: Boxes, matrix: NDArray[np.float64], size: tuple[int, int]) -> Boxes:
    """Upright hulls of the moved boxes, clipped; too small or too cut off, they are IGNORED."""
    if not len(boxes):
        return boxes
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) @ matrix[:, :2].T + matrix[:, 2]
    low, high = corners.min(1), corners.max(1)
    limit = np.array([size[1], size[0]], np.float64)
    low_in, high_in = np.clip(low, 0, limit), np.clip(high, 0, limit)
    span = high_in - low_in
    kept = (span > 2).all(1)
    visible = span.prod(1) / np.maximum((high - low).prod(1), 1e-6)
    learnt = (visible > MIN_VISIBLE) & (span[:, 0] >= MIN_WIDTH) & (span[:, 1] >= MIN_HEIGHT)
    kind = np.where(learnt & (boxes[:, 4] == PLATE), PLATE, IGNORED)
    return np.column_stack([low_in, high_in, kind])[kept].astype(np.float32)
