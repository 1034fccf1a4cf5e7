"""A pool of rendered crops on disk, written by one process while the trainer reads it.

`python -m training.reader.pool --out build/pool --size 60000 --seed 1` fills the pool, then goes on
replacing its oldest crops, so the trainer sees ever new plates while rendering costs it nothing.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import cv2
import numpy as np

from training.reader.shape import MAX_LINE_LENGTH
from training.render import RenderedPlate, board, photograph, render_plate
from training.render.kinds import render_kind

# Kept a little larger than the network's input, because the trainer shifts and squeezes every crop
# once more.
STORED = (64, 160)
PHOTOGRAPHS_PER_PLATE = 3  # of each plate: drawing one costs twice as much as photographing it
BOARD_SHARE = 0.08  # of all crops: text that is no plate, to be read as nothing
KINDS_SHARE = 0.38  # of all crops: of the kinds that were misread
NOTHING = b" "  # as against an empty slot


class Pool:
    """Crops (size, 64, 160) uint8 and their two lines (size, 2), memory-mapped in a folder."""

    def __init__(self, folder: Path, size: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        crops, lines = folder / "crops.npy", folder / "lines.npy"
        if not crops.exists():
            np.lib.format.open_memmap(lines, "w+", f"S{MAX_LINE_LENGTH}", (size, 2)).flush()
            np.lib.format.open_memmap(crops, "w+", np.uint8, (size, *STORED)).flush()
        self.crops = np.lib.format.open_memmap(crops, "r+")
        self.lines = np.lib.format.open_memmap(lines, "r+")

    def put(self, index: int, crop: np.ndarray, lines: tuple[str, ...]) -> None:
        """Store one crop.

        Its text is emptied first, so that a reader never sees it with the old one.
        """
        self.lines[index] = b""
        self.crops[index] = stretch(crop, STORED)
        upper, lower = (*lines, "", "")[:2]
        self.lines[index] = upper.encode() or NOTHING, lower.encode()

    def draw(self, rng: random.Random) -> tuple[np.ndarray, tuple[str, str]]:
        """Any filled slot: the crop and its upper and lower line."""
        while True:
            index = rng.randrange(len(self.lines))
            upper, lower = self.lines[index]
            if upper:
                return self.crops[index], (upper.decode().strip(), lower.decode())


def stretch(crop: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A grey crop of any shape as (rows, columns) of this size.

    Areas averaged when shrinking, linear when growing.
    """
    small = crop.shape[0] > size[0] or crop.shape[1] > size[1]
    return cv2.resize(crop, size[::-1], interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR)


def drawn(rng: random.Random, board_share: float = BOARD_SHARE) -> RenderedPlate:
    """A plate of any layout or of a kind that was misread, or a board."""
    kind = rng.random()
    if kind < board_share:
        return board(rng)
    return render_kind(rng) if kind < board_share + KINDS_SHARE else render_plate(rng)


def fill(pool: Pool, seed: int, rounds: int | None = None, share: float = 1.0) -> None:
    """Render into the pool, over and over or for so many rounds, using this share of a core."""
    size, turn, start = len(pool.lines), 0, time.monotonic()
    while rounds is None or turn < rounds:
        rng = random.Random(f"pool {seed} {turn}")
        index = 0
        while index < size:
            plate = drawn(rng)
            for _ in range(PHOTOGRAPHS_PER_PLATE):
                # Photographs of one plate land far apart, so that a batch seldom holds two of them.
                pool.put((index * 7919 + seed) % size, photograph(rng, plate), plate.lines)
                index += 1
            time.sleep(max(0.0, time.process_time() / share - (time.monotonic() - start)))
        turn += 1
        print(f"pool: round {turn} of {size} crops done", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/pool"))
    parser.add_argument("--size", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, help="stop after so many; default: never")
    parser.add_argument("--share", type=float, default=1.0, help="of a core, at most")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    fill(Pool(options.out, options.size), options.seed, options.rounds, options.share)


if __name__ == "__main__":
    main()
