"""Surroundings of plates, and of other places in the same photos and in photos without plates.

Among the other places is text that cameras burn in, and parts of it.

`python -m training.context.data --data DATA/train --out build/context_train.npz`
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.context import surroundings
from alpr.plates import Box
from training.detector.boxes import PLATE
from training.detector.data import Photo, PhotoStore, licences, read_labels
from training.detector.large import read_crops
from training.render.houses import row_of_houses
from training.scenes.overlays import burn_in

Rng = np.random.Generator
Plates = NDArray[np.float32]
Middle = NDArray[np.float64]

MIN_WIDTH = 12.0  # pixels of a plate in a photo of at most 640; narrower ones are not found
PLATE_VIEWS = 4  # of each plate, its box moved and scaled a little
OTHERS = 5  # other places in a photo with plates
OTHERS_WITHOUT = 20  # and in one without
MOVED, SCALED = (0.04, 0.06), 0.06  # in widths and heights; standard deviations
TRIES = 200  # to find them
SAME_SIZE_SHARE = 0.5  # of the other places are as large as a plate of the photo
MIN_DISTANCE = (0.8, 1.2)  # of the other places and a plate, in widths and heights of the larger


class Samples(NamedTuple):
    """Squares uint8 [n, 3, SIDE, SIDE], whether each is a plate's, and the photos' licences."""

    squares: NDArray[np.uint8]
    plates: NDArray[np.float32]
    licences: dict[str, int]

    @classmethod
    def load(cls, path: Path) -> Samples:
        with np.load(path, allow_pickle=False) as file:
            counts = dict(zip(file["names"].tolist(), file["counts"].tolist(), strict=True))
            return cls(file["squares"], file["plates"], counts)


def moved(box: Plates, rng: Rng) -> tuple[Middle, Middle]:
    """A box [4] as a detector may find it: middle and size."""
    size = (box[2:4] - box[:2]).astype(float)
    middle = (box[:2] + box[2:4]) / 2 + rng.normal(0, MOVED) * size
    return middle, size * np.exp(rng.normal(0, SCALED, 2))


def elsewhere(
    shape: tuple[int, int], plates: Plates, sizes: Plates, rng: Rng
) -> Iterator[tuple[Middle, Middle]]:
    """Places of a photo (height, width) that are no plate's: middles and sizes.

    ``plates`` [n, 4] are its own, ``sizes`` [m, 2] those of all photos. Few where plates fill it.
    """
    own = plates[:, 2:4] - plates[:, :2]
    middles = (plates[:, :2] + plates[:, 2:4]) / 2
    for _ in range(TRIES):
        if len(own) and rng.random() < SAME_SIZE_SHARE:
            size = own[rng.integers(len(own))] * np.exp(rng.normal(0, 0.3, 2))
        else:
            any_size = sizes[rng.integers(len(sizes))]
            size = (
                any_size
                / any_size[0]
                * np.exp(rng.uniform(np.log(24), np.log(max(25.0, 0.35 * shape[1]))))
            )
        middle = rng.uniform((0, 0), shape[::-1])
        apart = np.abs(middle - middles) / np.maximum(size, own)
        if (apart > MIN_DISTANCE).any(axis=1).all():
            yield middle, size


def places(
    photo: Photo, shape: tuple[int, int], plates: Plates, sizes: Plates, rng: Rng
) -> Iterator[tuple[Middle, Middle, bool]]:
    """Middle and size of each place of a photo to learn from, and whether it is a plate's."""
    for box in plates:
        if box[2] - box[0] >= MIN_WIDTH:
            for _ in range(PLATE_VIEWS):
                yield *moved(box, rng), True
    count = OTHERS if len(photo.boxes) else OTHERS_WITHOUT
    for place in itertools.islice(elsewhere(shape, plates, sizes, rng), count):
        yield *place, False


def signs(seed: int) -> Iterator[NDArray[np.uint8]]:
    """What is around the signs of a drawn street; the photos' own signs have no boxes."""
    pixels, boxes = row_of_houses(random.Random(seed))
    image = Image.fromarray(pixels)
    for box in boxes:
        yield surroundings(image, Box.clamp(*box, width=image.width, height=image.height))


def overlay_places(lines: list[Plates], rng: Rng) -> Iterator[tuple[Middle, Middle]]:
    """What a detector may take for a plate of burnt-in lines [4]: a whole one, or a part of it."""
    for line in lines:
        (width, height), low = line[2:] - line[:2], line[:2]
        wide = min(width, height * rng.uniform(1.5, 6)) if rng.random() < 0.6 else width
        left = low[0] + rng.uniform(0, 1) * (width - wide)
        size = np.array([wide * rng.uniform(1, 1.15), height * rng.uniform(1, 1.5)])
        yield np.array([left + wide / 2, low[1] + height / 2]), size


def squares(photos: list[Photo], streets: int, overlays: int, rng: Rng) -> Samples:
    """All places of photos, each overlaid `overlays` times, and the signs of drawn streets."""
    store = PhotoStore(photos)
    every = np.concatenate([photo.boxes for photo in photos])
    sizes = every[:, 2:4] - every[:, :2]
    cut, plates = [], []
    for photo in photos:
        pixels, boxes = store.load(photo)
        store.cache.clear()
        image = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
        known = boxes[boxes[:, 4] == PLATE, :4]
        for middle, size, is_plate in places(photo, pixels.shape[:2], known, sizes, rng):
            cut.append(surroundings(image, _box(middle, size, image)))
            plates.append(is_plate)
        for _ in range(overlays):
            burnt = pixels.copy()
            lines = burn_in(burnt, boxes, rng)
            image = Image.fromarray(cv2.cvtColor(burnt, cv2.COLOR_BGR2RGB))
            for middle, size in overlay_places(lines, rng):
                cut.append(surroundings(image, _box(middle, size, image)))
                plates.append(False)
    for square in itertools.chain.from_iterable(signs(seed) for seed in range(streets)):
        cut.append(square)
        plates.append(False)
    return Samples(np.stack(cut), np.array(plates, np.float32), licences(photos))


def _box(middle: Middle, size: Middle, image: Image.Image) -> Box:
    low, high = middle - size / 2, middle + size / 2
    return Box.clamp(*low, *high, width=image.width, height=image.height)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--more", type=Path, help="folder with photos/ and crops/, to train on, too"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--streets", type=int, default=0, help="drawn ones, to learn signs from")
    parser.add_argument("--overlays", type=int, default=0, help="times text is burnt into a photo")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    photos = read_labels(options.data)
    if options.more:
        photos += read_labels(options.more / "photos", split="train")
        photos += read_crops(options.more / "crops")
    made = squares(photos, options.streets, options.overlays, np.random.default_rng(options.seed))
    np.savez(
        options.out,
        squares=made.squares,
        plates=made.plates,
        names=np.array(list(made.licences)),
        counts=np.array(list(made.licences.values())),
    )
    print(f"{options.out.name}: {len(made.plates)} places, {int(made.plates.sum())} of plates")


if __name__ == "__main__":
    main()
