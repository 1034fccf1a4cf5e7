"""Small plates in wide frames: each photo shrunk and placed into a scene of 3840x2160 pixels.

The photo is reduced until its widest plate has the wanted width, and lies somewhere in the frame;
a photo whose plate is narrower than that is left out, for enlarged plates show nothing. Around it
is the photo's own light and colour without its details, so that there is nothing else to read. The
place follows from the file's name and the width, so every run sees the same scenes.
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
from benchmarks.accuracy import Labelled, Photo, Reading, Score
from benchmarks.contenders import SETTINGS
from benchmarks.results import Wide

FRAME = (3840, 2160)
WIDTHS = (40, 60, 90)
GRID_SIZES = (0, SETTINGS.grid_size)
BLUR = (16, 9)
"""The surroundings are the photo reduced to this many pixels and enlarged again."""


class Placed(NamedTuple):
    """A scene and its plate, in the scene's pixels."""

    image: Image.Image
    plate: Labelled


def measured(engine: Engine, folder: Path, some: Sequence[Photo]) -> Iterator[Wide]:
    """A row for each width, without the grid and with the default one."""
    for width in WIDTHS:
        scores = {size: Score() for size in GRID_SIZES}
        times: dict[int, list[float]] = {size: [] for size in GRID_SIZES}
        searched = dict.fromkeys(GRID_SIZES, 0)
        for photo in some:
            placed = scene(photo, width)
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


def scene(photo: Photo, width: int) -> Placed | None:
    """The photo in a frame with its widest plate ``width`` pixels wide, if it can be."""
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
    # A seed for each scene, not for the run: the scenes are the same whichever are measured.
    dice = random.Random(f"{photo.path.name} {width}")  # noqa: S311 - no secret
    left, top = dice.randint(0, FRAME[0] - size[0]), dice.randint(0, FRAME[1] - size[1])
    frame = image.resize(BLUR, Image.Resampling.BOX).resize(FRAME, Image.Resampling.BICUBIC)
    frame.paste(image.resize(size, Image.Resampling.LANCZOS), (left, top))
    x_min, y_min, x_max, y_max = (side * scale for side in plate.box)
    box = (x_min + left, y_min + top, x_max + left, y_max + top)
    return Placed(frame, Labelled(plate.text, box))
