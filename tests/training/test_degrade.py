"""What the camera does to batches: shapes, ranges, seeds, and that it does something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("torch")

import torch

from training.device import degrade
from training.device.dice import Dice

CPU = torch.device("cpu")
Change = Callable[[torch.Tensor, Dice], torch.Tensor]
CHANGES: dict[str, Change] = {
    "expose": degrade.expose,
    "shade": degrade.shade,
    "glare": degrade.glare,
    "lens": lambda images, dice: degrade.lens(images, dice, 1.5),
    "noise": degrade.noise,
    "camera": lambda images, dice: degrade.camera(images, dice, 1.5),
}


def images(channels: int) -> torch.Tensor:
    """Stripes of black and white under a bright half."""
    stripes = (torch.arange(60) // 5 % 2 * 200.0).expand(16, channels, 30, 60).clone()
    stripes[:, :, 15:] += 50
    return stripes


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_keeps_shape_and_range_and_follows_its_seed(name: str, channels: int) -> None:
    before = images(channels)
    one, other, third = (CHANGES[name](before, Dice(seed, CPU)) for seed in (1, 1, 2))
    assert one.shape == before.shape
    assert one.min() >= 0
    assert one.max() <= 255
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
    assert torch.equal(before, images(channels))


def test_blur_leaves_what_has_no_sigma_and_keeps_the_mean() -> None:
    before = images(3)
    sigmas = torch.zeros(16)
    sigmas[3] = 2.0
    after = degrade.blur(before, sigmas)
    assert torch.equal(after[0], before[0])
    assert after[3].std() < 0.6 * before[3].std()
    assert after[3].mean() == pytest.approx(before[3].mean(), abs=2)


def test_shaking_along_an_angle_spares_lines_in_that_direction() -> None:
    stripes = images(1)[:1, :, :15]
    sigma = torch.tensor([2.0])
    along = degrade.shake(stripes, sigma, torch.tensor([torch.pi / 2]))
    across = degrade.shake(stripes, sigma, torch.tensor([0.0]))
    assert along.std() > 1.5 * across.std()


def test_compression_of_strength_0_changes_nothing_and_more_changes_more() -> None:
    before = images(1)[:3] + Dice(0, CPU).normal(8.0, 3, 1, 30, 60)
    after = degrade.compress(before.clamp(0, 255), torch.tensor([0.0, 0.1, 1.0]))
    changes = (after - before.clamp(0, 255)).abs().mean((1, 2, 3))
    assert changes[0] == 0
    assert 0 < changes[1] < changes[2] < 30


def test_compression_works_in_blocks() -> None:
    flat = torch.full((1, 1, 16, 16), 100.0)
    flat[..., :8, :8] += Dice(0, CPU).normal(30.0, 8, 8)
    after = degrade.compress(flat.clamp(0, 255), torch.ones(1))
    assert after[..., 8:, 8:].std() < 1e-3
    assert after[..., :8, :8].std() > 1


def test_the_cosines_undo_themselves() -> None:
    basis = degrade.cosines(CPU)
    assert torch.allclose(basis @ basis.T, torch.eye(degrade.BLOCK), atol=1e-5)
