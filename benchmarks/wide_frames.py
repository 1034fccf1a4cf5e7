"""Small plates in wide frames: each photo shrunk and placed into a scene of 3840x2160 pixels.

The photo is shrunk until its widest plate has the given width. A photo with a narrower plate is
left out, because an enlarged plate shows nothing. The surroundings are the photo itself, blurred,
so that there is nothing else to read. The position follows from the file's name and the width, so
every run has the same scenes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from alpr import images
from alpr.engines.base import Engine
from alpr.grid import Grid
from alpr.recognition import recognise
from benchmarks.contenders import SETTINGS
from benchmarks.results import Wide
from benchmarks.scoring import LabelledPlate, Photo, Reading, Score

FRAME = (3840, 2160)
WIDTHS = (40, 60, 90)
GRID_SIZES = (0, SETTINGS.grid_size)
BLUR = (16, 9)
"""The surroundings are the photo shrunk to this many pixels and enlarged again."""


class Placed(NamedTuple):
    """A scene and its plate, in pixels of the scene."""

    image: Image.Image
    plate: LabelledPlate


def measure(engine: Engine, folder: Path, photos: Sequence[Photo]) -> Iterator[Wide]:
    """A row for each width, without a grid and with the default one."""
    for width in WIDTHS:
        scores = {size: Score() for size in GRID_SIZES}
        times: dict[int, list[float]] = {size: [] for size in GRID_SIZES}
        searched = dict.fromkeys(GRID_SIZES, 0)
        for photo in photos:
            placed = place(photo, width)
            if placed is None:
                continue
            for size in GRID_SIZES:
                result = recognise(engine, placed.image, Grid.parse(str(size), ""))
                readings = [Reading(plate.text, plate.box.corners) for plate in result.plates]
                scores[size].add(photo.path.name, [placed.plate], readings)
                times[size].append(result.total_ms)
                searched[size] += bool(result.cells_tried)
        for size, score in scores.items():
            if score.images:
                yield Wide(
                    folder.name, width, size, score.images, score.found, score.folded,
                    searched[size], times[size],
                )  # fmt: skip


def place(photo: Photo, width: int) -> Placed | None:
    """The photo in a frame, its widest plate ``width`` pixels wide; None if it does not fit."""
    texts = [plate for plate in photo.plates if plate.text]
    if not texts:
        return None
    plate = max(texts, key=lambda one: one.box[2] - one.box[0])
    scale = width / (plate.box[2] - plate.box[0])
    if scale > 1:
        return None
    image = images.decode(photo.path.read_bytes(), SETTINGS.image_limits)
    size = (round(image.width * scale), round(image.height * scale))
    if size[0] > FRAME[0] or size[1] > FRAME[1]:
        return None
    # Seeded per scene, so that a scene does not depend on which others are measured.
    rng = random.Random(f"{photo.path.name} {width}")  # noqa: S311 - no secret
    left, top = rng.randint(0, FRAME[0] - size[0]), rng.randint(0, FRAME[1] - size[1])
    frame = image.resize(BLUR, Image.Resampling.BOX).resize(FRAME, Image.Resampling.BICUBIC)
    frame.paste(image.resize(size, Image.Resampling.LANCZOS), (left, top))
    x_min, y_min, x_max, y_max = (side * scale for side in plate.box)
    box = (x_min + left, y_min + top, x_max + left, y_max + top)
    return Placed(frame, LabelledPlate(plate.text, box))
