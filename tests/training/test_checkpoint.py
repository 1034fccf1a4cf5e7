"""Checkpoints and the training step that they go on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from training.checkpoint import Checkpoint
from training.trainer import Trainer


class Line(nn.Module):
    """The smallest network with weights, a normalisation and a counter."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.layer, self.norm = nn.Linear(size, 1), nn.BatchNorm1d(1)

    def forward(self, values: Any) -> Any:
        return self.norm(self.layer(values))


def trainer() -> Trainer[Line]:
    torch.manual_seed(0)
    net = Line(3)
    adam = torch.optim.AdamW(net.parameters())
    return Trainer(net, [adam], {"size": 3}, max_norm=1.0, max_decay=0.9)


def learn(run: Trainer[Line], steps: int) -> None:
    values = torch.arange(12.0).reshape(4, 3)
    for _ in range(steps):
        run.update((run.net(values) - values[:, :1]).square().mean(), 0.01)


def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole, first = trainer(), trainer()
    learn(whole, 6)
    learn(first, 3)
    first.checkpoint({"settings": {"a": "1"}}).save(tmp_path / "run.pt")
    second = trainer()
    second.restore(Checkpoint.load(tmp_path / "run.pt"))
    assert second.step == 3
    learn(second, 3)
    for one, other in ((whole.net, second.net), (whole.average, second.average)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name


def test_the_averaged_network_is_made_as_it_was_trained(tmp_path: Path) -> None:
    run = trainer()
    learn(run, 5)
    run.checkpoint({}).save(tmp_path / "run.pt")
    net = Checkpoint.load(tmp_path / "run.pt").network(Line)
    assert not net.training
    assert torch.equal(net.layer.weight, run.average.layer.weight)
    assert not torch.equal(net.layer.weight, run.net.layer.weight)


def test_the_average_lies_between_start_and_present() -> None:
    run = trainer()
    start = run.net.layer.weight.detach().clone()
    learn(run, 1)
    share = 1 - 1 / 30  # kept of the average in the first step
    expected = start + (run.net.layer.weight - start) * share
    assert torch.allclose(run.average.layer.weight, expected, atol=1e-6)
    assert run.average.norm.num_batches_tracked == run.net.norm.num_batches_tracked


def test_an_interrupted_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, run = tmp_path / "run.pt", trainer()
    run.checkpoint({"number": 1}).save(path)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        run.checkpoint({"number": 2}).save(path)
    assert Checkpoint.load(path).record == {"number": 1}


class Code:
    """What a checkpoint must not hold."""


def test_a_file_with_code_in_it_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": {}, "average": {}, "record": {"code": Code()}}, tmp_path / "bad.pt")
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        Checkpoint.load(tmp_path / "bad.pt")
