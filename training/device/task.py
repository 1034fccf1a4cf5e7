"""What is particular to the training of one network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from training.trainer import Trainer

Scores = dict[str, float | int | str]


@dataclass(frozen=True)
class Task:
    """A network's trainer, the loss of a step by its number, its figures on val, its sources."""

    trainer: Trainer[Any]
    loss: Callable[[int], Tensor]
    measure: Callable[[], Scores]
    licences: dict[str, int]
