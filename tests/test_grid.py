"""The grid: what a client may ask for, where cells lie, how they are searched."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alpr import grid
from alpr.engines.fake import FakeEngine
from alpr.errors import RequestError
from alpr.grid import Grid
from alpr.plates import Box, Plate
from alpr.settings import Settings
from testkit.helpers import PLATE_ROUTES, client_of, encoded, picture, plate, upload

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
def test_what_may_be_asked_for(size: str, cells: str, expected: Grid) -> None:
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
def test_what_may_not(size: str, cells: str, named: str) -> None:
    with pytest.raises(RequestError, match=re.escape(repr(named))) as caught:
        Grid.parse(size, cells)
    assert ("grid_size must" in str(caught.value)) == (named == size)


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 40 + "…")])
def test_forty_characters_of_a_value_are_shown(length: int, shown: str) -> None:
    with pytest.raises(RequestError, match=re.escape(f"not {shown!r}")):
        Grid.parse("x" * length, "")


def test_long_values_are_shortened() -> None:
    with pytest.raises(RequestError) as caught:
        Grid.parse("9" * 50_000, "")
    assert len(str(caught.value)) < 200


def test_a_small_cell_is_widened_evenly_to_what_an_engine_can_read() -> None:
    assert Grid(10, (45,)).boxes(100, 100) == [Box(29, 29, 61, 61)]


@pytest.mark.parametrize(
    ("values", "told", "expected"),
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
def test_requests_come_before_settings(
    values: dict[str, str], told: dict[str, Any], expected: tuple[int, tuple[int, ...]]
) -> None:
    body = client_of([[]], Settings(**told)).post(PLATE_ROUTES[0], **upload(values=values)).json
    assert body is not None
    assert (body["grid"]["grid_size"], tuple(body["grid"]["cells_tried"])) == expected
    assert body["grid"]["whole_image"] is True


@given(width=sides, height=sides, size=sizes)
def test_cells_cover_the_image_and_stay_inside(width: int, height: int, size: int) -> None:
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
def test_a_plate_on_a_border_lies_whole_in_some_cell(width: int, size: int, at: float) -> None:
    long = int(2 * grid.OVERLAP * width / size)
    left = round(at * (width - long))
    cells = Grid.parse(str(size), "").boxes(width, width)
    assert any(cell.x_min <= left and left + long <= cell.x_max for cell in cells)


@given(size=sizes, chosen=st.sets(st.integers(1, 100), min_size=1))
def test_wanted_cells_are_those_of_the_whole_grid(size: int, chosen: set[int]) -> None:
    wanted = sorted(cell for cell in chosen if cell <= size * size) or [1]
    every = Grid.parse(str(size), "").boxes(800, 600)
    some = Grid.parse(str(size), ",".join(map(str, wanted))).boxes(800, 600)
    assert some == [every[cell - 1] for cell in wanted]


class Seeing(FakeEngine):
    """Finds this plate in any picture that shows it whole, but never in the whole picture."""

    def __init__(self, truth: Box, least_zoom: int) -> None:
        super().__init__()
        self._truth, self._widest = truth, least_zoom
        self.seen: list[tuple[int, int]] = []

    def read(self, image: Image.Image) -> list[Plate]:
        self.seen.append(image.size)
        box = image.getchannel(0).point(lambda value: 255 * (value > 250)).getbbox()
        if image.width > self._widest or not box or Box(*box).area < self._truth.area:
            return []
        return [Plate("ABC123", 0.9, Box(*box))]


def marked(truth: Box) -> Image.Image:
    image = Image.new("RGB", (400, 300))
    image.paste("white", truth.corners)
    return image


@pytest.mark.parametrize("left", [0, 10, 95, 190, 205, 310, 360])
@pytest.mark.parametrize("top", [0, 68, 70, 148, 285])
def test_a_plate_found_in_cells_is_told_once_in_pixels_of_the_whole(left: int, top: int) -> None:
    truth = Box(left, top, left + 40, top + 15)
    engine = Seeing(truth, 399)
    body = client_of(engine).post(PLATE_ROUTES[0], **upload(encoded(marked(truth), "PNG"))).json
    assert body is not None
    (found,) = body["predictions"]
    assert tuple(found[key] for key in ("x_min", "y_min", "x_max", "y_max")) == truth.corners
    assert body["grid"]["cells_tried"] == list(ALL_16)
    assert len(engine.seen) == 17


def test_cells_are_left_alone_when_the_whole_shows_a_plate() -> None:
    engine = FakeEngine([[plate()], [plate("SECOND")]])
    found = grid.search(engine, picture(), Grid(4, ALL_16))
    assert [p.text for p in found.plates] == ["ABC123"]
    assert (found.cells_tried, engine.status().calls) == ((), 1)


def test_without_a_grid_the_whole_is_all() -> None:
    engine = FakeEngine([[], [plate()]])
    found = grid.search(engine, picture(), Grid.parse("1", ""))
    assert (found.plates, found.cells_tried, engine.status().calls) == ((), (), 1)


def test_only_wanted_cells_are_read() -> None:
    truth = Box(10, 10, 50, 25)
    engine = Seeing(truth, 399)
    assert grid.search(engine, marked(truth), Grid.parse("4", "16,15")).plates == ()
    assert engine.seen == [(400, 300), (120, 83), (110, 83)]
