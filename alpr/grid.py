"""The grid: cells of an image that are read one by one, and when they are.

Cells are counted row by row from 1::

    1 2 3
    4 5 6
    7 8 9
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from alpr.errors import RequestError
from alpr.plates import Box
from alpr.settings.limits import GRID_WHEN, GridDefaults

MIN_SIZE, MAX_SIZE = 2, 10
OVERLAP = 0.1
"""How far a cell extends into its neighbours, as a fraction of its own side.

Two neighbours share 2 x 0.1 of a side, so a plate up to that wide is whole in at least one cell.
"""
MIN_CELL_PX = 32
"""Smaller cells are widened to this many pixels where the image allows."""
MAX_QUOTED = 40
"""Characters of a bad value that an error message repeats."""


BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Part(Enum):
    """What is read in one step."""

    WHOLE_IMAGE = "whole_image"
    CELLS = "cells"


class Order(Enum):
    """The parts of an image in the order they are read; later ones only while no plate is found."""

    WHOLE_IMAGE_FIRST = (Part.WHOLE_IMAGE, Part.CELLS)
    CELLS_FIRST = (Part.CELLS, Part.WHOLE_IMAGE)
    CELLS_ONLY = (Part.CELLS,)


@dataclass(frozen=True, slots=True)
class Grid:
    """``size`` x ``size`` cells, of which ``cells`` (from 1 on) are read; size 0 is no grid.

    ``order`` says what is read first. With ``reads_all`` every part is read, whatever was found.
    """

    size: int
    cells: tuple[int, ...]
    order: Order = Order.WHOLE_IMAGE_FIRST
    reads_all: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts to read, in order; without cells always the whole image."""
        return self.order.value if self.cells else (Part.WHOLE_IMAGE,)

    @classmethod
    def from_request(cls, values: Mapping[str, str], defaults: GridDefaults) -> Grid:
        """The grid of a request's fields; empty ones count as absent.

        The fields are ``grid_size``, ``wanted_cells``, ``whole_image_fallback`` and ``grid_when``.
        The default cells belong to the default size, so a request with a size of its own starts
        from all cells. Raises :class:`RequestError`.
        """
        size, cells = (values.get(name, "").strip() for name in ("grid_size", "wanted_cells"))
        if not size:
            size, cells = str(defaults.grid_size), cells or defaults.wanted_cells
        grid = cls.parse(size, cells)
        fallback = values.get("whole_image_fallback", "").strip()
        when = values.get("grid_when", "").strip() or defaults.grid_when
        return replace(grid, order=_parse_order(fallback), reads_all=_parse_when(when, fallback))

    @classmethod
    def parse(cls, size: str, cells: str) -> Grid:
        """The grid of a client's text; empty ``cells`` means all of them.

        Raises :class:`RequestError` that names the wrong value.
        """
        number = _parse_number(size)
        if number is None or number > MAX_SIZE:
            raise RequestError(
                f"grid_size must be a whole number from {MIN_SIZE} to {MAX_SIZE}, "
                f"or 0 for none, not {_quote(size)}"
            )
        if number < MIN_SIZE:
            return cls(0, ())
        count = number * number
        return cls(number, _parse_cells(cells, count) or tuple(range(1, count + 1)))

    def boxes(self, width: int, height: int) -> list[Box]:
        """The wanted cells of an image of this size in pixels, overlap included, inside it."""
        return [self._box(cell, width, height) for cell in self.cells]

    def _box(self, cell: int, width: int, height: int) -> Box:
        row, column = divmod(cell - 1, self.size)
        left, right = _cell_span(column, self.size, width)
        top, bottom = _cell_span(row, self.size, height)
        return Box(left, top, right, bottom)


def _parse_order(fallback: str) -> Order:
    """The order that ``whole_image_fallback`` asks for; empty for the usual one."""
    if not fallback:
        return Order.WHOLE_IMAGE_FIRST
    if (value := BOOLEANS.get(fallback.lower())) is None:
        raise RequestError(f"whole_image_fallback must be true or false, not {_quote(fallback)}")
    return Order.CELLS_FIRST if value else Order.CELLS_ONLY


def _parse_when(when: str, fallback: str) -> bool:
    """Whether all parts are read; ``whole_image_fallback`` asks for the opposite."""
    if when.lower() not in GRID_WHEN:
        raise RequestError(f"grid_when must be {' or '.join(GRID_WHEN)}, not {_quote(when)}")
    return when.lower() == "always" and not fallback


def _parse_cells(text: str, count: int) -> tuple[int, ...]:
    """Distinct cell numbers in ascending order; empty for a text without any."""
    cells = set()
    for item in filter(None, (item.strip() for item in text.split(","))):
        number = _parse_number(item)
        if number is None or not 1 <= number <= count:
            raise RequestError(
                f"wanted_cells must be numbers from 1 to {count} (grid_size squared) "
                f"with commas between them; {_quote(item)} is not"
            )
        cells.add(number)
    return tuple(sorted(cells))


def _parse_number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"[0-9]{1,4}", stripped) else None


def _quote(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…")


def _cell_span(index: int, count: int, length: int) -> tuple[int, int]:
    """Start and end, in pixels, of one of ``count`` cells along a side, overlap included."""
    start, end = index * length / count, (index + 1) * length / count
    margin = max((end - start) * OVERLAP, (MIN_CELL_PX - (end - start)) / 2)
    return max(math.floor(start - margin), 0), min(math.ceil(end + margin), length)
