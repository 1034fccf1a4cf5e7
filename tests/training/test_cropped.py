"""Surroundings cut at one side keep all that is on the other sides."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from training.context.cropped import ONE, one_side

SIDE, COUNT = 64, 2000


def test_a_share_of_the_squares_is_cut_and_only_at_one_side() -> None:
    at = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    kept = one_side(COUNT, at, torch.Generator().manual_seed(1))
    edges = kept[:, :, 0], kept[:, :, -1], kept[:, 0], kept[:, -1]
    lost = torch.stack([(~edge).all(1) for edge in edges])
    assert (lost.sum(0) <= 1).all()
    assert torch.equal(lost.any(0), ~kept.flatten(1).all(1))
    assert lost.any(0).float().mean().item() == pytest.approx(ONE, abs=0.05)
    assert lost.any(1).all()
    assert kept[:, SIDE // 2, SIDE // 2].all()
