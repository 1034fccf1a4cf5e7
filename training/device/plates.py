"""Plates on the device: each in a cell of one size, its box at one place, its text as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.alphabet import ALPHABET
from training.device.warp import apply, pixel_centres, sample, scaling
from training.pack.images import ImagePack, Pixels
from training.reader.shape import MAX_LINE_LENGTH

CELL_HEIGHT, CELL_WIDTH = 96, 288
BOX_LEFT, BOX_TOP, BOX_WIDTH, BOX_HEIGHT = 60, 20, 168, 56
"""A plate's place in its cell, in pixels, whatever its shape was."""
PLACED_AT_ONCE = 256
INDEX = {char: number for number, char in enumerate(ALPHABET)}


@dataclass(frozen=True)
class Plates:
    """Plates by number; a batch of them is of the same class."""

    cells: Tensor
    """Uint8 [n, channels, CELL_HEIGHT, CELL_WIDTH]."""
    lines: Tensor
    """Classes of the characters, [n, 2, MAX_LINE_LENGTH]: upper line, lower line, 0 after each."""
    lengths: Tensor
    """Characters of each line, [n, 2]."""
    cuts: Tensor
    """Gaps between characters as shares of the width, or the one between two lines, of the height.

    [n, MAX_LINE_LENGTH - 1]; 0 after them.
    """
    cuttable: Tensor
    """Whether the gaps are known, [n]."""
    aspects: Tensor
    """Width over height, [n]."""
    room: Tensor
    """What the image shows left, above, right and below of the box, in its widths and heights."""

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, index: Tensor) -> Plates:
        """The plates of these numbers."""
        return Plates(*(getattr(self, one.name)[index] for one in fields(self)))

    def to(self, device: torch.device) -> Plates:
        """The same plates on a device."""
        return Plates(*(getattr(self, one.name).to(device) for one in fields(self)))

    @property
    def two_lines(self) -> Tensor:
        """Whether there is a lower line, [n]."""
        return self.lengths[:, 1] > 0

    def texts(self) -> list[str]:
        """What the plates say, both lines in a row."""
        pairs = zip(self.lines.tolist(), self.lengths.tolist(), strict=True)
        return [
            "".join(
                ALPHABET[char] for line, length in zip(*pair, strict=True) for char in line[:length]
            )
            for pair in pairs
        ]


def load_plates(pack: ImagePack, channels: int, device: torch.device) -> Plates:
    """The plates of a pack: grey with their surroundings, or in colour without."""
    rows = pack.rows
    images = pack.map(lambda pixels, _: pixels[..., :channels])
    boxes = [
        row.get("box", (0, 0, image.shape[1], image.shape[0]))
        for row, image in zip(rows, images, strict=True)
    ]
    parts = (slice(begin, begin + PLACED_AT_ONCE) for begin in range(0, len(pack), PLACED_AT_ONCE))
    plates = Plates(
        cells=torch.cat([place(as_one(images[part], device), boxes[part]) for part in parts]),
        lines=torch.tensor([[padded(line) for line in row["lines"]] for row in rows]),
        lengths=torch.tensor([[len(line) for line in row["lines"]] for row in rows]),
        cuts=torch.tensor(
            [[*row["cuts"], *[0.0] * MAX_LINE_LENGTH][: MAX_LINE_LENGTH - 1] for row in rows]
        ),
        cuttable=torch.tensor([bool(row["cuts"]) for row in rows]),
        aspects=torch.tensor([row["aspect"] for row in rows]),
        room=torch.tensor(
            [rooms(row, image.shape) for row, image in zip(rows, images, strict=True)]
        ),
    )
    return plates.to(device)


def as_one(images: Sequence[Pixels], device: torch.device) -> Tensor:
    """Images [h, w, channels] of many sizes as one [n, channels, highest, widest].

    Where one ends, its edge goes on.
    """
    height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    wide = [
        np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), "edge")
        for image in images
    ]
    return torch.from_numpy(np.stack(wide)).to(device).permute(0, 3, 1, 2)


def padded(line: str) -> list[int]:
    """A line's classes, filled up with 0."""
    return [INDEX[char] for char in line] + [0] * (MAX_LINE_LENGTH - len(line))


def place(images: Tensor, boxes: Sequence[Sequence[float]]) -> Tensor:
    """Cells, uint8, of images [n, channels, h, w] with a plate in each box."""
    x1, y1, x2, y2 = torch.tensor(boxes, dtype=torch.float32, device=images.device).unbind(1)
    scale_x, scale_y = (x2 - x1) / BOX_WIDTH, (y2 - y1) / BOX_HEIGHT
    maps = scaling(scale_x, scale_y, x1 - BOX_LEFT * scale_x, y1 - BOX_TOP * scale_y)
    points = apply(maps, pixel_centres(CELL_HEIGHT, CELL_WIDTH, images.device)[None])
    return sample(images.float(), points, CELL_HEIGHT, CELL_WIDTH).round().to(torch.uint8)


def in_cell(points: Tensor) -> Tensor:
    """Points [..., 2] of plates, as shares of their boxes, in pixels of their cells."""
    size = torch.tensor([BOX_WIDTH, BOX_HEIGHT], device=points.device)
    return points * size + torch.tensor([BOX_LEFT, BOX_TOP], device=points.device)


def rooms(row: dict[str, Any], shape: tuple[int, ...]) -> list[float]:
    """What is seen around a plate; any amount around a rendered one, whose place is made up."""
    if "box" not in row:
        return [1.0] * 4
    (x1, y1, x2, y2), (height, width) = row["box"], shape[:2]
    wide, high = x2 - x1, y2 - y1
    return [x1 / wide, y1 / high, (width - x2) / wide, (height - y2) / high]
