"""Muon: momentum whose steps are made orthogonal, for weights that are matrices or convolutions.

Every direction of a weight matrix then moves alike, where Adam lets a few dominate. Steps are
scaled to the size that Adam's have, so that its learning rate and weight decay serve for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

# A quintic polynomial whose iteration drives all singular values near 1 (Jordan et al., 2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5
ADAM_LIKE = 0.2  # usual root mean square of an Adam step, in learning rates


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The nearest matrix with all singular values about 1, of the same shape (rows, columns)."""
    tall = matrix.shape[0] > matrix.shape[1]
    value = matrix.T if tall else matrix
    value = (value / (value.norm() + 1e-7)).bfloat16()  # precise enough, and half the time
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        square = value @ value.T
        value = a * value + (b * square + c * square @ square) @ value
    return (value.T if tall else value).float()


class Muon(torch.optim.Optimizer):
    """Optimiser for parameters of two and more dimensions; the first one counts as the rows."""

    def __init__(
        self,
        weights: Iterable[torch.Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every weight by its orthogonal momentum; a closure is not called."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                speed = state.setdefault("speed", torch.zeros_like(weight))
                speed.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(speed, group["momentum"]).flatten(1)
                scale = ADAM_LIKE * max(ahead.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                move = orthogonal(ahead).reshape(weight.shape)
                weight.add_(move, alpha=-group["lr"] * scale)
