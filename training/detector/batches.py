"""Training batches: photos placed on inputs of several sizes, sometimes several to an input."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor

from training.detector.boxes import PLATE, Boxes, move_boxes
from training.detector.data import PhotoStore
from training.detector.geometry import PLATE_WIDTHS, Rng, view
from training.detector.photometry import Photometry
from training.images import Image
from training.scenes import PlatePool, distract, paste, replace

# Inputs (height, width) and how often. Small ones see more plates a second of training than 384x640
# would; the network is fully convolutional, so what it learns holds at any size.
SIZES = ((256, 384), (320, 320), (288, 512), (384, 640), (384, 384))
SIZE_ODDS = (0.5, 0.2, 0.12, 0.1, 0.08)
# Eight inputs of the usual size: more and smaller steps teach more an hour than fewer, larger ones.
MAX_BATCH_PIXELS = 8 * 256 * 384


@dataclass(frozen=True)
class Mix:
    """How often each thing happens to an input, as probabilities.

    `replaced` is of each labelled plate; `pasted` is of another plate put anywhere (half the time a
    second one).
    """

    plate_free: float = 0.18
    mosaic: float = 0.25
    replaced: float = 0.22
    pasted: float = 0.22
    distracted: float = 0.4


@dataclass
class Batches:
    """Endless batches, reproducible from (seed, step)."""

    store: PhotoStore
    seed: int
    pool: PlatePool | None = None
    mix: Mix = Mix()
    photometry: Photometry = field(default_factory=Photometry)

    def sample(self, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes]:
        """One input: BGR image [height, width, 3] and boxes [n, 5]."""
        if rng.random() < self.mix.mosaic:
            image, boxes = self.halves(size, rng)
        else:
            image, boxes = view(*self.store.draw(rng, self.mix.plate_free), size, rng)
        if self.pool is not None:
            boxes = self.compose(image, boxes, self.pool, rng)
        return self.photometry(image, boxes, rng), boxes

    def compose(self, image: Image, boxes: Boxes, pool: PlatePool, rng: Rng) -> Boxes:
        """Add text that is no plate, exchange plates and add more, in place; the boxes then."""
        if rng.random() < self.mix.distracted:
            distract(image, boxes, rng)
        for box in boxes:
            if box[4] == PLATE and rng.random() < self.mix.replaced:
                new = replace(image, box, pool, rng)
                if new is not None:
                    box[:4] = new
        count = int(rng.integers(1, 3)) if rng.random() < self.mix.pasted else 0
        for _ in range(count):
            new = paste(image, boxes, pool, rng, PLATE_WIDTHS[1])
            if new is not None:
                boxes = np.vstack([boxes, [*new, PLATE]]).astype(np.float32)
        return move_boxes(boxes, np.eye(2, 3), image.shape[:2])

    def halves(self, size: tuple[int, int], rng: Rng) -> tuple[Image, Boxes]:
        """Two photos side by side or one above the other: more plates and scales an input."""
        axis = int(rng.random() < size[1] / (size[0] + size[1]))
        first = int(size[axis] * rng.uniform(0.35, 0.65))
        images, boxes = [], []
        for length, offset in ((first, 0), (size[axis] - first, first)):
            part = (length, size[1]) if axis == 0 else (size[0], length)
            image, found = view(*self.store.draw(rng, self.mix.plate_free), part, rng)
            shift = [0, offset, 0, offset, 0] if axis == 0 else [offset, 0, offset, 0, 0]
            images.append(image)
            boxes.append(found + np.array(shift, np.float32))
        return np.concatenate(images, axis), np.concatenate(boxes)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """RGB uint8 [batch, 3, H, W], channels last, and boxes [batch, n, 5] padded with zeros."""
        rng = np.random.default_rng((self.seed, step))
        size = SIZES[rng.choice(len(SIZES), p=SIZE_ODDS)]
        count = max(2, MAX_BATCH_PIXELS // (size[0] * size[1]))
        return stack([self.sample(size, rng) for _ in range(count)])


def stack(pairs: list[tuple[Image, Boxes]]) -> tuple[Tensor, Tensor]:
    """Inputs as RGB uint8 [batch, 3, H, W], channels last, and boxes [batch, n, 5], padded."""
    images = np.stack([cv2.cvtColor(image, cv2.COLOR_BGR2RGB) for image, _ in pairs])
    most = max(1, *(len(boxes) for _, boxes in pairs))
    padded = np.zeros((len(pairs), most, 5), np.float32)
    for row, (_, boxes) in zip(padded, pairs, strict=True):
        row[: len(boxes)] = boxes
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(padded)
