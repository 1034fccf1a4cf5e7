"""The scale of cells, and cells merged to areas that the detector sees in one pass."""

from __future__ import annotations

import pytest

from alpr.engines.embedded.regions import merge_regions, scan_scale
from alpr.grid import Grid
from alpr.plates import Box


@pytest.mark.parametrize(
    ("max_pixels", "areas"),
    [
        (400_000, [(0, 0, 900, 420)]),
        (300_000, [(0, 0, 900, 220), (0, 180, 900, 420)]),
        (
            160_000,
            [(0, 0, 630, 220), (570, 0, 900, 220), (0, 180, 630, 420), (570, 180, 900, 420)],
        ),
        (0, [cell.corners for cell in Grid.parse("3", "1,2,3,4,5,6").boxes(900, 600)]),
    ],
)
def test_cells_become_rows_and_rows_become_blocks(
    max_pixels: float, areas: list[tuple[int, int, int, int]]
) -> None:
    cells = Grid.parse("3", "1,2,3,4,5,6").boxes(900, 600)
    assert [area.corners for area in merge_regions(cells, max_pixels)] == areas


def test_only_what_fills_a_rectangle_is_merge_regions() -> None:
    cells = Grid.parse("3", "1,2,4,6,9").boxes(900, 600)
    areas = [Box(0, 0, 630, 220), cells[2], Box(570, 180, 900, 600)]
    assert merge_regions(cells, 1_000_000) == areas


@pytest.mark.parametrize(
    ("width", "grid_size", "pixels"),
    [
        (3840, 0, 640),
        (500, 0, 500),
        (3840, 4, 1920),  # by half: a cell has 576 pixels
        (3840, 2, 1280),  # by a third: a cell has 704
        (1280, 4, 640),  # not at full size
        (500, 4, 500),  # never less than the whole image
    ],
)
def test_cells_are_seen_larger_than_the_whole_image(
    width: int, grid_size: int, pixels: int
) -> None:
    whole = Box(0, 0, width, width * 9 // 16)
    cells = Grid.parse(str(grid_size), "").boxes(whole.width, whole.height) or [whole]
    assert width * scan_scale(whole, cells, 640) == pytest.approx(pixels, abs=5)
