"""The detector's output: boxes from the numbers at each position of its three grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
"""Distances between neighbouring positions of the three grids, in pixels of the input."""

BASE_WIDTH, BASE_HEIGHT = 6.0, 2.5
"""Size of a box whose log size is 0, in strides: about the middle of what a grid is for."""

LOG_SIZE_LIMIT = 4.0
"""Largest log size: exp() of more is no plate."""


def decode(
    raw: NDArray[np.float32], height: int, width: int, score_threshold: float
) -> NDArray[np.float32]:
    """Boxes and scores of at least ``score_threshold`` in the output for one input.

    ``raw`` is [positions, 5], the grids of :data:`STRIDES` one after the other, each row by row:
    the logit of the score, the centre's offset from the position in strides (x, y), and the log of
    the size over the base (width, height). The answer is [n, 5]: x_min, y_min, x_max, y_max in
    pixels of the input, and the score.
    """
    logit_threshold = np.log(score_threshold / (1 - score_threshold))
    (chosen,) = np.nonzero(raw[:, 0] >= logit_threshold)
    x, y, strides = _centers(chosen, height, width)
    some = raw[chosen]
    x, y = x + some[:, 1] * strides, y + some[:, 2] * strides
    sizes = np.exp(np.clip(some[:, 3:5], -LOG_SIZE_LIMIT, LOG_SIZE_LIMIT))
    half_width, half_height = (sizes * strides[:, None] * (BASE_WIDTH / 2, BASE_HEIGHT / 2)).T
    scores = 1 / (1 + np.exp(-some[:, 0]))
    edges = (x - half_width, y - half_height, x + half_width, y + half_height)
    return np.stack((*edges, scores), axis=1).astype(np.float32)


def _centers(
    positions: NDArray[np.intp], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Centre (x, y) and stride of each of these positions, in pixels."""
    counts = [(height // stride) * (width // stride) for stride in STRIDES]
    ends = np.cumsum(counts)
    grid = np.searchsorted(ends, positions, side="right")
    strides = np.array(STRIDES)[grid]
    row, column = np.divmod(positions - (ends - counts)[grid], width // strides)
    x, y = (column + 0.5) * strides, (row + 0.5) * strides
    return x.astype(np.float32), y.astype(np.float32), strides.astype(np.float32)
