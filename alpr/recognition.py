"""The one way from an image to its plates, for service, ``alpr_api read`` and benchmarks."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PIL.Image import Image

from alpr.engines.base import Engine
from alpr.grid import Grid
from alpr.plates import Plate, merge_duplicates
from alpr.stages import stage


@dataclass(frozen=True, slots=True)
class Result:
    """The plates on an image of ``width`` x ``height`` pixels, best first.

    ``cells_tried`` are the cells of a grid of ``grid_size`` that were read because the whole image
    showed no plate. ``engine_ms`` is the engine's time and ``total_ms`` that of the whole request,
    in milliseconds. ``device`` is what the engine runs on.
    """

    plates: tuple[Plate, ...]
    width: int
    height: int
    grid_size: int
    cells_tried: tuple[int, ...]
    engine_ms: float
    total_ms: float
    device: str


def recognise(engine: Engine, image: Image, grid: Grid, started: float | None = None) -> Result:
    """Reads the whole image and, where it shows no plate, each wanted cell of the grid.

    ``total_ms`` counts from ``started``, a value of :func:`time.perf_counter`, so that it includes
    waiting and decoding; without it, from this call. Raises :class:`alpr.errors.EngineError`.
    """
    called = time.perf_counter()
    plates = engine.read(image)
    cells_tried: tuple[int, ...] = ()
    if not plates and grid.cells:
        cells_tried = grid.cells
        with stage("grid"):
            plates = engine.read_cells(image, grid.boxes(*image.size))
    engine_ms = _milliseconds_since(called)
    merged = tuple(merge_duplicates(plates))
    device = engine.status().device
    total_ms = _milliseconds_since(called if started is None else started)
    return Result(merged, *image.size, grid.size, cells_tried, engine_ms, total_ms, device)


def _milliseconds_since(moment: float) -> float:
    return (time.perf_counter() - moment) * 1000
