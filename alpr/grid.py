"""The grid: where the whole image shows no plate, its cells are tried one by one.

Cells are counted row by row from 1::

    1 2 3
    4 5 6
    7 8 9
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from alpr.engines.base import Engine
from alpr.errors import RequestError
from alpr.plates import Box, Plate, merge_duplicates
from alpr.settings.limits import GridDefaults
from alpr.stages import stage

MIN_SIZE, MAX_SIZE = 2, 10
OVERLAP = 0.1
"""How far a cell reaches into its neighbours, as a fraction of itself: a plate up to twice as wide
lies whole in at least one cell."""
MIN_CELL = 32
"""Cells smaller than this, in pixels, are widened to it where the image allows."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``size`` x ``size`` cells, of which ``cells`` (numbers from 1) are wanted; size 0 is none."""

    size: int
    cells: tuple[int, ...]

    @classmethod
    def asked(cls, values: Mapping[str, str], defaults: GridDefaults) -> Grid:
        """The grid that a request's values ask for; empty ones are as good as none.

        The default cells belong to the default size, so a request with a size of its own starts
        from all cells. Raises :class:`RequestError`.
        """
        size, cells = (values.get(name, "").strip() for name in ("grid_size", "wanted_cells"))
        if not size:
            return cls.parse(str(defaults.grid_size), cells or defaults.wanted_cells)
        return cls.parse(size, cells)

    @classmethod
    def parse(cls, size: str, cells: str) -> Grid:
        """From a client's text; no ``cells`` means all.

        Raises :class:`RequestError` that names the value which is wrong.
        """
        number = _whole_number(size)
        if number is None or number > MAX_SIZE:
            raise RequestError(
                f"grid_size must be a whole number from {MIN_SIZE} to {MAX_SIZE}, "
                f"or 0 for none, not {_shown(size)}"
            )
        if number < MIN_SIZE:
            return cls(0, ())
        return cls(number, _parse_cells(cells, number * number) or _all(number))

    def boxes(self, width: int, height: int) -> list[Box]:
        """The wanted cells of an image this large (pixels), each with its overlap, inside it."""
        return [self._box(cell, width, height) for cell in self.cells]

    def _box(self, cell: int, width: int, height: int) -> Box:
        row, column = divmod(cell - 1, self.size)
        left, right = _reach(column, self.size, width)
        top, bottom = _reach(row, self.size, height)
        return Box(left, top, right, bottom)


def _all(size: int) -> tuple[int, ...]:
    return tuple(range(1, size * size + 1))


def _parse_cells(text: str, count: int) -> tuple[int, ...]:
    chosen = set()
    for item in filter(None, (item.strip() for item in text.split(","))):
        number = _whole_number(item)
        if number is None or not 1 <= number <= count:
            raise RequestError(
                f"wanted_cells must be numbers from 1 to {count} (grid_size squared) "
                f"with commas between them; {_shown(item)} is not"
            )
        chosen.add(number)
    return tuple(sorted(chosen))


def _whole_number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"[0-9]{1,4}", stripped) else None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _reach(index: int, count: int, length: int) -> tuple[int, int]:
    """Start and end, in pixels, of one of ``count`` cells along a side, overlap included."""
    start, end = index * length / count, (index + 1) * length / count
    margin = max((end - start) * OVERLAP, (MIN_CELL - (end - start)) / 2)
    return max(math.floor(start - margin), 0), min(math.ceil(end + margin), length)


@dataclass(frozen=True, slots=True)
class Search:
    """What was found on an image of ``width`` x ``height`` pixels, best plate first.

    ``cells_tried`` are the cells that were read after the whole image showed nothing, of a grid of
    ``grid_size``; ``seconds`` is what the engine took.
    """

    plates: tuple[Plate, ...]
    width: int
    height: int
    grid_size: int
    cells_tried: tuple[int, ...]
    seconds: float


def search(engine: Engine, image: Image.Image, grid: Grid) -> Search:
    """Reads the whole image and, where it shows no plate, each wanted cell."""
    started = time.perf_counter()
    plates = engine.read(image)
    tried: tuple[int, ...] = ()
    if not plates and grid.cells:
        tried = grid.cells
        with stage("grid"):
            plates = engine.read_cells(image, grid.boxes(*image.size))
    seconds = time.perf_counter() - started
    return Search(tuple(merge_duplicates(plates)), *image.size, grid.size, tried, seconds)
