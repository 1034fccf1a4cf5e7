"""What a training run keeps: one form for detector, reader and context."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)
Weights = dict[str, Tensor]


@dataclass
class Checkpoint:
    """Everything that a run needs to go on. The field names are the keys of the file.

    The file holds tensors and plain values only, so that loading it runs no code of the file's.
    """

    weights: Weights
    """As the optimisers left them."""
    average: Weights
    """Moving average of the weights: what is measured and exported."""
    architecture: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments that the network is made with."""
    record: dict[str, Any] = field(default_factory=dict)
    """How it came about: settings, licences of the data, scores, and a reader's temperature."""
    optimisers: list[dict[str, Any]] = field(default_factory=list)
    """States of the optimisers; empty where only the weights were kept."""
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write the file beside its place and move it there: an interruption never halves it."""
        part = path.with_suffix(".part")
        torch.save({one.name: getattr(self, one.name) for one in fields(self)}, part)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read the file, its tensors onto the CPU."""
        return cls(**torch.load(path, map_location="cpu", weights_only=True))

    def network(self, kind: type[Net]) -> Net:
        """The averaged network, ready to run."""
        net = kind(**self.architecture)
        net.load_state_dict(self.average)
        return net.eval().requires_grad_(False)
