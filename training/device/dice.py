"""Chance for whole batches, from one generator, so that a seed gives the same batch again."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Dice:
    """Draws tensors [count] or of a given shape on one device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device=device)
        self.generator.manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Evenly between low and high."""
        drawn = torch.rand(shape, generator=self.generator, device=self.device)
        return low + (high - low) * drawn

    def normal(self, spread: float, *shape: int) -> Tensor:
        """Around 0, with this standard deviation."""
        return spread * torch.randn(shape, generator=self.generator, device=self.device)

    def log_uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Evenly between the logarithms of low and high."""
        return self.uniform(math.log(low), math.log(high), *shape).exp()

    def happens(self, chance: float, *shape: int) -> Tensor:
        """True with this probability."""
        return self.uniform(0, 1, *shape) < chance

    def below(self, limits: Tensor) -> Tensor:
        """Whole numbers from 0 to below each limit."""
        drawn = torch.rand(limits.shape, generator=self.generator, device=self.device)
        return (drawn * limits).long().clamp(max=limits - 1)

    def index(self, count: int, *shape: int) -> Tensor:
        """Whole numbers from 0 to below count."""
        return torch.randint(count, shape, generator=self.generator, device=self.device)

    def weighted(self, weights: Tensor, count: int) -> Tensor:
        """`count` places of the weights [n], each as often as its weight says."""
        return torch.multinomial(weights, count, replacement=True, generator=self.generator)
