"""Non-maximum suppression: one row for each plate that the network finds several times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def non_max_suppression(rows: NDArray[np.float32], iou_threshold: float) -> NDArray[np.float32]:
    """The best rows (x_min, y_min, x_max, y_max, score) of [n, 5], best first.

    Kept are those whose intersection over union with each better row that is kept is at most
    ``iou_threshold``.
    """
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(rows):
        best, rows = rows[0], rows[1:]
        kept.append(best)
        rows = rows[_intersection_over_union(best, rows) <= iou_threshold]
    return np.array(kept, np.float32).reshape(-1, 5)


def _intersection_over_union(
    one: NDArray[np.float32], many: NDArray[np.float32]
) -> NDArray[np.float32]:
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[2:4], many[:, 2:4])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (many[:, 2:4] - many[:, :2]).prod(axis=1) + (one[2:4] - one[:2]).prod()
    ratio: NDArray[np.float32] = shared / np.maximum(areas - shared, 1e-9)
    return ratio
