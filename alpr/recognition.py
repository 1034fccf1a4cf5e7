"""The one way from an image to its plates, for service, ``alpr_api read`` and benchmarks."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from PIL.Image import Image

from alpr import images
from alpr.cut_plates import mark_cut
from alpr.engines.base import Engine
from alpr.formats import choice, guess
from alpr.formats.rules import FormatRules
from alpr.grid import Grid, Part
from alpr.ignore_areas import IgnoreAreas
from alpr.plates import Plate, merge_duplicates
from alpr.settings.limits import ImageLimits
from alpr.stages import stage


@dataclass(frozen=True, slots=True)
class Result:
    """The plates on an image of ``width`` x ``height`` pixels, best first.

    ``cells_tried`` are the cells of a grid of ``grid_size`` that were read, and ``whole_image``
    says whether the image was read as a whole. ``engine_ms`` is the engine's time and ``total_ms``
    that of the whole request, in milliseconds. ``device`` is what the engine runs on.
    ``image_truncated`` says that the file ended early, so that lower rows may be missing.
    ``left_out`` is the number of plates that strict rules left out.
    """

    plates: tuple[Plate, ...]
    width: int
    height: int
    grid_size: int
    cells_tried: tuple[int, ...]
    engine_ms: float
    total_ms: float
    device: str
    whole_image: bool = True
    image_truncated: bool = False
    left_out: int = 0

    def at_least(self, min_confidence: float) -> Result:
        """The same result without the plates that were read with less confidence."""
        plates = tuple(plate for plate in self.plates if plate.confidence >= min_confidence)
        return dataclasses.replace(self, plates=plates)


def decode_for(engine: Engine, grid: Grid, data: bytes, limits: ImageLimits) -> Image:
    """The image in these bytes, decoded as far as the first look at it needs.

    Cells need all pixels, and so does nearly every image without a plate where there is a grid.
    Raises what :func:`alpr.images.decode` does.
    """
    return images.decode(data, limits, 0 if grid.cells else engine.enough_px)


def recognise(
    engine: Engine,
    image: Image,
    grid: Grid,
    started: float | None = None,
    ignore: IgnoreAreas = IgnoreAreas(),  # noqa: B008 - it is frozen
    rules: FormatRules = FormatRules(),  # noqa: B008 - it is frozen
) -> Result:
    """Reads the parts of an image that the grid names, in its order.

    Plates in ignored areas, and those that the rules leave out, do not count as found.
    ``total_ms`` counts from ``started``, a value of :func:`time.perf_counter`, so that it includes
    waiting and decoding; without it, from this call. Raises :class:`alpr.errors.EngineError`.
    """
    called = time.perf_counter()
    plates: list[Plate] = []
    left_out: list[Plate] = []
    parts_read: list[Part] = []
    for part in grid.parts:
        if plates and not grid.reads_all:
            break
        parts_read.append(part)
        read = ignore.remove_from(_read(engine, image, grid, part), *image.size)
        kept, unfit = choice.apply(read, rules)
        plates += kept
        left_out += unfit
    engine_ms = _milliseconds_since(called)
    return Result(
        plates=tuple(map(guess.with_region, merge_duplicates(mark_cut(plates, *image.size)))),
        width=image.width,
        height=image.height,
        grid_size=grid.size,
        cells_tried=grid.cells if Part.CELLS in parts_read else (),
        whole_image=Part.WHOLE_IMAGE in parts_read,
        engine_ms=engine_ms,
        total_ms=_milliseconds_since(called if started is None else started),
        device=engine.status().device,
        image_truncated=images.is_truncated(image),
        left_out=len(merge_duplicates(left_out)),
    )


def _read(engine: Engine, image: Image, grid: Grid, part: Part) -> list[Plate]:
    if part is Part.WHOLE_IMAGE:
        return engine.read(image)
    with stage("grid"):
        return engine.read_cells(image, grid.boxes(*image.size))


def _milliseconds_since(moment: float) -> float:
    return (time.perf_counter() - moment) * 1000
