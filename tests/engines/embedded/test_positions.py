"""The detector's output is decoded as it was trained to be meant."""

from __future__ import annotations

import numpy as np
import pytest

from alpr.engines.embedded.positions import BASE_HEIGHT, BASE_WIDTH, STRIDES, decode

HEIGHT, WIDTH = 64, 96
COUNTS = [HEIGHT // stride * (WIDTH // stride) for stride in STRIDES]


def output(position: int, values: tuple[float, ...]) -> np.ndarray:
    raw = np.full((sum(COUNTS), 5), -9, np.float32)
    raw[position] = values
    return raw


@pytest.mark.parametrize(
    ("position", "stride", "center"),
    [
        (0, 8, (4, 4)),
        (13, 8, (12, 12)),
        (COUNTS[0], 16, (8, 8)),
        (COUNTS[0] + COUNTS[1] + 5, 32, (80, 48)),
    ],
)
def test_a_position_is_the_center_of_its_cell(
    position: int, stride: int, center: tuple[float, float]
) -> None:
    (row,) = decode(output(position, (2.0, 0.5, -0.25, 0.0, 0.0)), HEIGHT, WIDTH, 0.5)
    x, y = center[0] + 0.5 * stride, center[1] - 0.25 * stride
    width, height = BASE_WIDTH * stride, BASE_HEIGHT * stride
    assert row[:4] == pytest.approx((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    assert row[4] == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_sizes_are_logarithms_and_bounded() -> None:
    (row,) = decode(output(0, (2.0, 0.0, 0.0, np.log(2), 1000.0)), HEIGHT, WIDTH, 0.5)
    assert row[2] - row[0] == pytest.approx(2 * BASE_WIDTH * 8)
    assert row[3] - row[1] == pytest.approx(np.exp(4) * BASE_HEIGHT * 8, rel=1e-4)


def test_what_scores_below_the_threshold_is_left_out() -> None:
    raw = output(0, (0.1, 0, 0, 0, 0))
    assert len(decode(raw, HEIGHT, WIDTH, 0.52)) == 1
    assert decode(raw, HEIGHT, WIDTH, 0.53).shape == (0, 5)
