"""One training step, the same for every network: gradients, optimisers, moving average."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Generic

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.checkpoint import Checkpoint, Net

AVERAGE_START = 30
"""Steps over which the average's memory grows: at first the weights still move fast."""


class Trainer(Generic[Net]):
    """A network, the moving average of its weights, and its optimisers."""

    def __init__(
        self,
        net: Net,
        optimisers: Sequence[Optimizer],
        architecture: dict[str, Any],
        *,
        max_norm: float,
        max_decay: float,
    ) -> None:
        """`max_norm` limits the gradients' norm, `max_decay` the share of the average kept a step.

        `architecture` has the keyword arguments that the network was made with.
        """
        self.net, self.optimisers, self.architecture = net, optimisers, architecture
        self.average = deepcopy(net).eval().requires_grad_(False)
        self.max_norm, self.max_decay = max_norm, max_decay
        self.step, self.seconds = 0, 0.0

    def update(self, loss: Tensor, rate: float) -> None:
        """Move the weights against the loss's gradient at this learning rate."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), self.max_norm)
        for optimiser in self.optimisers:
            optimiser.step()
        decay = min(self.max_decay, (self.step + 1) / (self.step + AVERAGE_START))
        follow(self.average, self.net, decay)
        self.step += 1

    def checkpoint(self, record: dict[str, Any]) -> Checkpoint:
        """All that is needed to go on."""
        return Checkpoint(
            weights=self.net.state_dict(),
            average=self.average.state_dict(),
            architecture=self.architecture,
            record=record,
            optimisers=[optimiser.state_dict() for optimiser in self.optimisers],
            step=self.step,
            seconds=self.seconds,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint; the optimisers start empty where it has no states of theirs."""
        self.net.load_state_dict(checkpoint.weights)
        self.average.load_state_dict(checkpoint.average)
        if checkpoint.optimisers:
            for optimiser, state in zip(self.optimisers, checkpoint.optimisers, strict=True):
                optimiser.load_state_dict(state)
        self.step, self.seconds = checkpoint.step, checkpoint.seconds


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move the average towards the network; counters are copied."""
    pairs = list(zip(average.state_dict().values(), net.state_dict().values(), strict=True))
    floats = [pair for pair in pairs if pair[0].dtype.is_floating_point]
    kept, new = (list(tensors) for tensors in zip(*floats, strict=True))
    get_ema_multi_avg_fn(decay)(kept, new, 0)
    for one, other in pairs:
        if not one.dtype.is_floating_point:
            one.copy_(other)
