"""Of several rows for one plate, the best stays."""

from __future__ import annotations

import numpy as np
import pytest

from alpr.engines.embedded.suppression import non_max_suppression


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([(0, 0, 10, 10, 0.4)], [0.4]),
        ([(0, 0, 10, 10, 0.6), (1, 0, 11, 10, 0.9)], [0.9]),
        ([(0, 0, 10, 10, 0.6), (20, 0, 30, 10, 0.9)], [0.9, 0.6]),
        ([(0, 0, 10, 10, 0.9), (0, 0, 10, 10, 0.9)], [0.9]),
    ],
)
def test_the_best_of_overlapping_rows_stays(
    rows: list[tuple[float, ...]], kept: list[float]
) -> None:
    table = np.array(rows, np.float32).reshape(-1, 5)
    assert non_max_suppression(table, 0.4)[:, 4].tolist() == pytest.approx(kept)
