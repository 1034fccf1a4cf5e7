"""Real crops with their texts, as one file, and texts as a network's targets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.alphabet import ALPHABET

INDEX = {char: number for number, char in enumerate(ALPHABET)}


def encode(lines: list[tuple[str, str]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Targets for CTC.

    All classes of all lines in a row, and each line's length (upper, lower, upper, ...).
    """
    flat = [line for pair in lines for line in pair]
    classes = [INDEX[char] for line in flat for char in line]
    return torch.tensor(classes), torch.tensor([len(line) for line in flat])


@dataclass(frozen=True)
class RealCrop:
    """A grey crop with room around the plate, the plate's box in it, and its lines.

    And where it can be cut, if that is known: between its characters, in pixels from the left, or
    between its two lines, in pixels from the top.
    """

    image: np.ndarray
    box: tuple[float, float, float, float]
    lines: tuple[str, str]
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Real:
    """Real crops and under which licences they came, as one file."""

    crops: list[RealCrop]
    licences: dict[str, int]

    def save(self, path: Path) -> None:
        """Write them as .npz."""
        shapes = np.array([crop.image.shape for crop in self.crops])
        np.savez(
            path,
            pixels=np.concatenate([crop.image.ravel() for crop in self.crops]),
            shapes=shapes,
            boxes=np.array([crop.box for crop in self.crops], np.float32),
            lines=np.array([crop.lines for crop in self.crops]),
            cuts=json.dumps([crop.cuts for crop in self.crops]),
            licences=json.dumps(self.licences),
        )

    @classmethod
    def load(cls, path: Path) -> Real:
        """Read them again."""
        file = np.load(path)
        pixels, shapes = file["pixels"], file["shapes"]
        ends = np.cumsum(shapes.prod(1))
        images = [
            pixels[end - height * width : end].reshape(height, width)
            for (height, width), end in zip(shapes, ends, strict=True)
        ]
        boxes, lines, cuts = file["boxes"], file["lines"], json.loads(str(file["cuts"]))
        crops = [
            RealCrop(i, tuple(b), tuple(t), tuple(c))
            for i, b, t, c in zip(images, boxes.tolist(), lines.tolist(), cuts, strict=True)
        ]
        return cls(crops, json.loads(str(file["licences"])))
