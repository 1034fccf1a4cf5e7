"""Photos on the device: each in the corner of a canvas of one size, with its boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.detector.boxes import PLATE
from training.pack.images import PHOTO_SIDE, ImagePack, Pixels


@dataclass(frozen=True)
class Photos:
    """Photos by number."""

    canvases: Tensor
    """Uint8 RGB [n, 3, PHOTO_SIDE, PHOTO_SIDE], the photo at the top left."""
    sizes: Tensor
    """Width and height of each photo in its canvas, [n, 2]."""
    boxes: Tensor
    """[n, most, 5]: x1, y1, x2, y2 in pixels, and PLATE or IGNORED; 0 after a photo's own."""
    weights: Tensor
    """How often each is drawn, relative to the others."""

    def __len__(self) -> int:
        return len(self.canvases)

    def to(self, device: torch.device) -> Photos:
        """The same photos on a device."""
        values = (self.canvases, self.sizes, self.boxes, self.weights)
        return Photos(*(value.to(device) for value in values))

    def with_plates(self) -> Tensor:
        """Whether a photo shows a plate, [n]."""
        return (self.boxes[..., 4] == PLATE).any(1)


def load_photos(pack: ImagePack, weights: dict[str, float]) -> Photos:
    """The photos of a pack, on the CPU; `weights` says how often those of a source are drawn."""
    canvases = torch.zeros(len(pack), 3, PHOTO_SIDE, PHOTO_SIDE, dtype=torch.uint8)
    most = max(1, *(len(row["boxes"]) for row in pack.rows))
    boxes = torch.zeros(len(pack), most, 5)
    for number, row in enumerate(pack.rows):
        if row["boxes"]:
            boxes[number, : len(row["boxes"])] = torch.tensor(row["boxes"])
    numbers = iter(range(len(pack)))
    places = {id(row): next(numbers) for row in pack.rows}

    def put(pixels: Pixels, row: dict[str, Any]) -> tuple[int, int]:
        height, width = pixels.shape[:2]
        canvas = canvases[places[id(row)]]
        canvas[:, :height, :width] = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
        return width, height

    sizes = torch.tensor(pack.map(put)).float()
    often = torch.tensor([weights.get(row["source"], 1.0) for row in pack.rows])
    return Photos(canvases, sizes, boxes, often)
