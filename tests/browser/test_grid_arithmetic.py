"""The page's arithmetic of the grid is the service's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from alpr.errors import RequestError
from alpr.grid import Grid
from tests.browser.conftest import Opener, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL_BOXES = """async (shapes) => {
    const { cellBox } = await import("/static/grid.js");
    return shapes.map(([size, width, height]) =>
        Array.from({ length: size * size }, (_, index) =>
            Object.values(cellBox(index + 1, size, width, height))));
}"""
PARSED = """async ([text, size]) => {
    const { parseCells } = await import("/static/grid.js");
    try { return [...parseCells(text, size)].sort((a, b) => a - b); } catch { return null; }
}"""
CARRIED = """async ([size, cells, other]) => {
    const { carriedOver } = await import("/static/grid.js");
    return [...carriedOver({ size, cells: new Set(cells) }, other)].sort((a, b) => a - b);
}"""


@pytest.fixture(scope="module")
def page(opened_once: Opener) -> Iterator[Page]:
    with ready() as server:
        yield opened_once(server).page


def test_cells_have_the_services_own_borders(page: Page) -> None:
    shapes = [(size, *shape) for size in (2, 3, 7, 10) for shape in ((800, 600), (97, 1201))]
    theirs = [
        [list(box.corners) for box in Grid.parse(str(size), "").boxes(width, height)]
        for size, width, height in shapes
    ]
    ours = page.evaluate(CELL_BOXES, shapes)
    assert ours == theirs


def test_text_is_taken_as_the_service_takes_it(page: Page) -> None:
    for text in ("", "1", " 4 ,2,,", "3,3", "5", "16", "00002", "1.0", "+1", "1 2", "0", ","):
        for size in (2, 4):
            try:
                cells: list[int] | None = list(Grid.parse(str(size), text).cells)
            except RequestError:
                cells = None
            ours = page.evaluate(PARSED, [text, size])
            assert (list(range(1, size * size + 1)) if ours == [] else ours) == cells, text


def test_a_place_is_carried_to_grids_of_any_size(page: Page) -> None:
    assert page.evaluate(CARRIED, [2, [1], 4]) == [1, 2, 5, 6]
    assert page.evaluate(CARRIED, [10, [1], 2]) == [1]
    assert page.evaluate(CARRIED, [2, [], 5]) == []
    assert page.evaluate(CARRIED, [3, [5], 1]) == []
