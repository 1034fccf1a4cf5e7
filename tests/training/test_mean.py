"""The mean of checkpoints, and the optimiser that makes steps orthogonal."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from training.reader.mean import mean
from training.reader.muon import Muon, orthogonal


def test_the_mean_weighs_each_checkpoint_by_its_parts() -> None:
    states = [{"weight": torch.tensor([value])} for value in (1.0, 5.0)]
    assert mean(states, [1, 1])["weight"].item() == pytest.approx(3.0)
    assert mean(states, [3, 1])["weight"].item() == pytest.approx(2.0)


def test_counters_are_the_last_ones() -> None:
    states = [{"steps": torch.tensor(value)} for value in (10, 20)]
    assert mean(states, [1, 1])["steps"].item() == 20


def test_an_orthogonal_step_moves_all_directions_alike() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(20, 8) @ torch.diag(torch.logspace(0, -2, 8))
    before, after = torch.linalg.svdvals(matrix), torch.linalg.svdvals(orthogonal(matrix))
    assert before.max() / before.min() > 30
    assert float(after.min()) > 0.4
    assert float(after.max()) < 1.5


def test_muon_goes_downhill() -> None:
    torch.manual_seed(0)
    target = torch.randn(6, 4)
    weight = torch.zeros(6, 4, requires_grad=True)
    optimiser = Muon([weight], lr=0.2)
    first = (weight - target).square().mean().item()
    for _ in range(40):
        optimiser.zero_grad()
        loss = (weight - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2 * first
