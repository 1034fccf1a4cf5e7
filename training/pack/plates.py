"""Rendered plates for the pack, by several processes.

`python -m training.pack.plates --count 30000 --reader training/checkpoints/reader.pt` replaces the
plates of a pack that is there: a machine with many cores and the fonts renders more of them in a
minute than a pack that has to travel can hold.
"""

from __future__ import annotations

import argparse
import os
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from training.pack.images import ImagePack, Pixels, encode, shrink
from training.reader.cuts import cuts_of
from training.reader.data import RealCrop
from training.reader.evaluate import Predict
from training.reader.measure import load
from training.reader.pool import drawn
from training.render import RenderedPlate

PLATE_HEIGHT, PLATE_WIDTH = 56, 168
"""A plate's size in a crop, at most, in pixels: somewhat more than the reader's input shows."""
BOARD_SHARE = 0.12
"""Of what is rendered: text that is no plate."""
QUALITY = 55
"""Of WebP: what a camera does to the pixels is added in training."""
CHUNK = 250
"""Plates that a process renders at a time."""

Part = tuple[list[bytes], list[dict[str, Any]]]


def plates(count: int, seed: int, reader: Path | None, jobs: int) -> ImagePack:
    """Rendered plates, the same for the same seed; a reader finds where they can be cut."""
    counts = [min(CHUNK, count - begin) for begin in range(0, count, CHUNK)]
    seeds = [f"pack {seed} {number}" for number in range(len(counts))]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as processes:
        parts = list(processes.map(render, counts, seeds, [reader] * len(counts)))
    images = [image for part, _ in parts for image in part]
    rows = [row for _, part in parts for row in part]
    return ImagePack(images, rows, {"rendered plates": count})


def render(count: int, seed: str, reader: Path | None) -> Part:
    """So many plates as WebP, and what is known of each."""
    torch.set_num_threads(1)  # the processes are as many as the cores
    rng, predict = random.Random(seed), load(reader) if reader else None
    images, rows = [], []
    for _ in range(count):
        plate = drawn(rng, BOARD_SHARE)
        (x1, y1), (x2, y2) = plate.quad.min(0), plate.quad.max(0)
        pixels = np.ascontiguousarray(plate.image[int(y1) : int(y2), int(x1) : int(x2)])
        scale_x, scale_y = PLATE_WIDTH / pixels.shape[1], PLATE_HEIGHT / pixels.shape[0]
        images.append(encode(shrink(pixels, scale_x, scale_y), QUALITY))
        rows.append(
            {
                "lines": [*plate.lines, "", ""][:2],
                "aspect": round(pixels.shape[1] / pixels.shape[0], 3),
                "cuts": shares(flat_crop(plate, pixels), predict),
            }
        )
    return images, rows


def flat_crop(plate: RenderedPlate, pixels: Pixels) -> RealCrop:
    """A rendered plate as a crop without room around it."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    upper, lower = [*plate.lines, "", ""][:2]
    return RealCrop(grey, (0, 0, grey.shape[1], grey.shape[0]), (upper, lower))


def shares(crop: RealCrop, predict: Predict | None = None) -> list[float]:
    """Where a crop can be cut, as shares of its plate's width, or of its height if of two lines."""
    if not crop.lines[0]:
        return []
    x1, y1, x2, y2 = crop.box
    low, length = (y1, y2 - y1) if crop.lines[1] else (x1, x2 - x1)
    cuts = cuts_of(predict, crop) if predict and not crop.cuts else crop.cuts
    return [round((cut - low) / length, 4) for cut in cuts]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", type=Path, help="finds where plates can be cut")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=Path("build/pack/plates.pack"))
    options = parser.parse_args()
    pack = plates(options.count, options.seed, options.reader, options.jobs)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    pack.save(options.out)
    print(f"{options.out}: {len(pack)} images, {pack.size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
