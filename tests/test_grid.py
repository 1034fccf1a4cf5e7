"""The grid: which values are valid, and where cells lie."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr import grid
from alpr.errors import RequestError
from alpr.grid import Grid
from alpr.plates import Box
from alpr.settings import Settings
from testkit.forms import upload
from testkit.routes import PLATE_ROUTES
from testkit.service import client_of

ALL_16 = tuple(range(1, 17))
sides = st.integers(1, 3000)
sizes = st.integers(2, 10)


@pytest.mark.parametrize(
    ("size", "cells", "expected"),
    [
        ("4", "", Grid(4, ALL_16)),
        ("0", "", Grid(0, ())),
        ("1", "", Grid(0, ())),
        ("00", "", Grid(0, ())),
        ("0", "5", Grid(0, ())),
        *((str(n), "", Grid(n, tuple(range(1, n * n + 1)))) for n in range(2, 11)),
        (" 2 ", "", Grid(2, (1, 2, 3, 4))),
        ("02", "", Grid(2, (1, 2, 3, 4))),
        ("4", "16", Grid(4, (16,))),
        ("4", "3,1,2", Grid(4, (1, 2, 3))),
        ("4", " 1 , 2 ", Grid(4, (1, 2))),
        ("4", "1,1,1", Grid(4, (1,))),
        ("4", "1,,2,", Grid(4, (1, 2))),
        ("4", ",", Grid(4, ALL_16)),
        ("4", "  ", Grid(4, ALL_16)),
        ("4", "01", Grid(4, (1,))),
        ("10", "100", Grid(10, (100,))),
    ],
)
def test_valid_values(size: str, cells: str, expected: Grid) -> None:
    assert Grid.parse(size, cells) == expected


@pytest.mark.parametrize(
    ("size", "cells", "named"),
    [
        *((bad, "", bad) for bad in
          ("11", "-1", "x", "1_0", "²", "2.0", "+2", "1e1", "0x2", "٣", "2 3", "1" * 5, "null")),
        *(("4", cells, named) for cells, named in
          (("0", "0"), ("17", "17"), ("a", "a"), ("1;2", "1;2"), ("1,-2", "-2"), ("1,2,99", "99"),
           ("1.5", "1.5"), ("1 2", "1 2"), ("²", "²"), ("1-3", "1-3"), ("[1]", "[1]"))),
        ("2", "5", "5"),
        ("x", "a", "x"),
    ],
)  # fmt: skip
def test_invalid_values_are_named(size: str, cells: str, named: str) -> None:
    with pytest.raises(RequestError, match=re.escape(repr(named))) as caught:
        Grid.parse(size, cells)
    assert ("grid_size must" in str(caught.value)) == (named == size)


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 40 + "…")])
def test_errors_quote_forty_characters_of_a_value(length: int, shown: str) -> None:
    with pytest.raises(RequestError, match=re.escape(f"not {shown!r}")):
        Grid.parse("x" * length, "")


def test_long_values_are_shortened() -> None:
    with pytest.raises(RequestError) as caught:
        Grid.parse("9" * 50_000, "")
    assert len(str(caught.value)) < 200


def test_a_small_cell_is_widened_evenly_to_32_pixels() -> None:
    assert Grid(10, (45,)).boxes(100, 100) == [Box(29, 29, 61, 61)]


@pytest.mark.parametrize(
    ("values", "settings", "expected"),
    [
        ({}, {}, (4, ALL_16)),
        ({"grid_size": "", "wanted_cells": ""}, {}, (4, ALL_16)),
        ({"wanted_cells": "3"}, {}, (4, (3,))),
        ({"grid_size": "2"}, {}, (2, (1, 2, 3, 4))),
        ({}, {"grid_size": 0}, (0, ())),
        ({}, {"grid_size": 3, "wanted_cells": "9,1"}, (3, (1, 9))),
        ({"wanted_cells": "5"}, {"grid_size": 3, "wanted_cells": "9,1"}, (3, (5,))),
        ({"grid_size": "2"}, {"grid_size": 3, "wanted_cells": "9,1"}, (2, (1, 2, 3, 4))),
    ],
)
def test_a_requests_values_override_the_settings(
    values: dict[str, str], settings: dict[str, Any], expected: tuple[int, tuple[int, ...]]
) -> None:
    body = client_of([[]], Settings(**settings)).post(PLATE_ROUTES[0], **upload(values=values)).json
    assert body is not None
    assert (body["grid"]["grid_size"], tuple(body["grid"]["cells_tried"])) == expected
    assert body["grid"]["whole_image"] is True


@given(width=sides, height=sides, size=sizes)
def test_cells_cover_the_image_and_stay_inside_it(width: int, height: int, size: int) -> None:
    boxes = Grid.parse(str(size), "").boxes(width, height)
    assert len(boxes) == size * size
    columns, rows = boxes[:size], boxes[::size]
    assert (columns[0].x_min, columns[-1].x_max) == (0, width)
    assert (rows[0].y_min, rows[-1].y_max) == (0, height)
    for one, other in pairwise(columns):
        assert one.x_min <= other.x_min <= one.x_max <= other.x_max
    for one, other in pairwise(rows):
        assert one.y_min <= other.y_min <= one.y_max <= other.y_max
    for number, box in enumerate(boxes):
        row, column = divmod(number, size)
        assert box == Box(columns[column].x_min, rows[row].y_min,
                          columns[column].x_max, rows[row].y_max)  # fmt: skip
        assert 0 <= box.x_min < box.x_max <= width
        assert 0 <= box.y_min < box.y_max <= height


@given(width=st.integers(400, 3000), size=sizes, at=st.floats(0, 1))
def test_a_plate_on_a_border_is_whole_in_some_cell(width: int, size: int, at: float) -> None:
    long = int(2 * grid.OVERLAP * width / size)
    left = round(at * (width - long))
    cells = Grid.parse(str(size), "").boxes(width, width)
    assert any(cell.x_min <= left and left + long <= cell.x_max for cell in cells)


@given(size=sizes, numbers=st.sets(st.integers(1, 100), min_size=1))
def test_wanted_cells_are_a_subset_of_all_cells(size: int, numbers: set[int]) -> None:
    wanted = sorted(cell for cell in numbers if cell <= size * size) or [1]
    every = Grid.parse(str(size), "").boxes(800, 600)
    some = Grid.parse(str(size), ",".join(map(str, wanted))).boxes(800, 600)
    assert some == [every[cell - 1] for cell in wanted]
