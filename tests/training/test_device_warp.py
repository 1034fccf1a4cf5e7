"""Projective maps of batches, and boxes that follow the pixels."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from training.detector import boxes as plain
from training.detector.boxes import IGNORED, PLATE
from training.device import views, warp
from training.device.dice import Dice

CPU = torch.device("cpu")
SIZE = (256, 384)


def corners(seed: int) -> torch.Tensor:
    """Some quadrilaterals [5, 4, 2] that are convex."""
    shift = Dice(seed, CPU).uniform(-8, 8, 5, 4, 2)
    return torch.tensor(warp.UNIT) * torch.tensor([120.0, 40.0]) + 20 + shift


def test_the_unit_squares_corners_land_on_the_corners() -> None:
    wanted = corners(1)
    moved = warp.apply(warp.from_unit_square(wanted), torch.tensor(warp.UNIT)[None])
    assert torch.allclose(moved, wanted, atol=1e-3)


def test_straight_lines_stay_straight() -> None:
    maps = warp.from_unit_square(corners(2))
    line = torch.tensor([[0.1, 0.2], [0.4, 0.5], [0.7, 0.8]])
    a, b, c = warp.apply(maps, line[None]).unbind(1)
    bend = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert bend.abs().max() < 1e-2


def test_sampling_at_the_pixels_gives_the_image_back() -> None:
    image = Dice(3, CPU).uniform(0, 255, 2, 3, 12, 20)
    points = warp.pixel_centres(12, 20, CPU)[None].expand(2, -1, -1)
    assert torch.allclose(warp.sample(image, points, 12, 20), image, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_boxes_move_as_in_the_other_trainer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 300, (6, 2))
    rows = np.concatenate([low, low + rng.uniform(8, 120, (6, 2)), np.full((6, 1), PLATE)], 1)
    linear = rng.normal(0, 0.2, (2, 2)) + np.eye(2)
    matrix = np.concatenate([linear, rng.uniform(-80, 40, (2, 1))], 1)
    expected = plain.move_boxes(rows.astype(np.float32), matrix, SIZE)
    maps = torch.from_numpy(np.concatenate([matrix, [[0, 0, 1]]])).float()[None]
    moved = views.move_boxes(torch.from_numpy(rows).float()[None], maps, SIZE)[0]
    np.testing.assert_allclose(moved[moved[:, 4] != 0].numpy(), expected, atol=1e-2)
    assert {IGNORED, PLATE} >= set(expected[:, 4].tolist())


def test_the_same_seed_throws_the_same_dice() -> None:
    one, other, third = (Dice(seed, CPU).normal(1.0, 50) for seed in (4, 4, 5))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
