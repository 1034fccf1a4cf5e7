"""The detector's pure parts, and its passes over regions with a network that is scripted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.detector import (
    MOST_CLOSER,
    MOST_FAINT,
    MOST_PIXELS,
    PADDING,
    STRIDE,
    Detection,
    Detector,
    joined,
    preprocess,
    suppress,
)
from alpr.engines.embedded.models import Model
from alpr.grid import Grid
from alpr.plates import Box

ENTRY: Mapping[str, Any] = {
    "long_side": 640,
    "threshold": 0.5,
    "nms_iou": 0.4,
}


class Network:
    """Stands in for a model: finds the one bright spot of each input.

    ``scores`` are those of the first pass, of the second and so on; the last one stays.
    """

    facts = ENTRY

    def __init__(self, *scores: float) -> None:
        self.scores = scores or (0.9,)
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.shapes.append(batch.shape)
        return np.stack([self._spot(one) for one in batch])

    def _spot(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        rows, columns = np.nonzero(picture[0] > 200)
        if not len(rows):
            return np.zeros((1, 5), np.float32)
        edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        score = self.scores[min(len(self.shapes), len(self.scores)) - 1]
        return np.array([(*edges, score)], np.float32)


def detector(network: Network) -> Detector:
    return Detector(cast(Model, network))


def detect(network: Network, image: Image.Image, *regions: Box) -> list[Detection]:
    """What the first list has."""
    return next(detector(network).detect(image, regions))


def with_spot(width: int, height: int, spot: Box) -> Image.Image:
    image = Image.new("RGB", (width, height), "black")
    image.paste("white", spot.corners)
    return image


def near(box: Box, other: Box, pixels: int) -> bool:
    pairs = zip(box.corners, other.corners, strict=True)
    return all(abs(ours - theirs) <= pixels for ours, theirs in pairs)


def test_a_wide_picture_is_shrunk_and_its_boxes_are_of_the_whole() -> None:
    spot = Box(2000, 1000, 2600, 1180)
    network = Network()
    found = detect(network, with_spot(3840, 2160, spot), Box(0, 0, 3840, 2160))
    assert network.shapes == [(1, 3, 384, 640)]
    assert near(found[0].box, spot, 6)


SMALL = Box(2001, 1001, 2100, 1029)
WIDE = Box(0, 0, 3840, 2160)


def test_a_small_plate_of_a_wide_picture_is_looked_at_more_closely() -> None:
    network = Network()
    found = detect(network, with_spot(3840, 2160, SMALL), WIDE)
    assert network.shapes == [(1, 3, 384, 640), (1, 3, 96, 192)]
    assert near(found[0].box, SMALL, 2)


def test_what_may_be_a_small_plate_is_one_if_a_closer_look_is_surer() -> None:
    image = with_spot(3840, 2160, SMALL)
    for second, count in ((0.6, 1), (0.45, 0)):
        found = detect(Network(0.3, second), image, WIDE)
        assert [one.score for one in found] == pytest.approx([second] * count)


def test_what_is_faint_is_looked_at_only_when_asked_for() -> None:
    network = Network(0.2, 0.9)
    looks = detector(network).detect(with_spot(3840, 2160, SMALL), [WIDE])
    assert next(looks) == []
    assert len(network.shapes) == 1
    (found,) = next(looks)
    assert near(found.box, SMALL, 2)
    assert next(looks, None) is None
    assert len(network.shapes) == 2


def test_what_is_faint_in_a_closer_look_too_is_none() -> None:
    looks = detector(Network(0.2, 0.55)).detect(with_spot(3840, 2160, SMALL), [WIDE])
    assert list(looks) == [[], []]


def test_what_may_be_a_large_plate_is_none() -> None:
    network = Network(0.45, 0.9)
    assert detect(network, with_spot(3840, 2160, Box(200, 100, 700, 250)), WIDE) == []
    assert len(network.shapes) == 1


def test_a_closer_look_enlarges_by_half_at_most() -> None:
    network = Network()
    spot = Box(300, 102, 342, 126)
    found = detect(network, with_spot(3840, 2160, spot), WIDE)
    assert network.shapes[1] == (1, 3, 128, 128)
    assert near(found[0].box, spot, 2)


def test_a_picture_seen_in_full_detail_gets_no_closer_look() -> None:
    network = Network()
    detect(network, with_spot(640, 360, Box(300, 100, 340, 112)), Box(0, 0, 640, 360))
    assert len(network.shapes) == 1


def test_a_wall_of_text_costs_no_more_closer_looks_than_a_few() -> None:
    class Wall(Network):
        def _spot(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
            score = self.scores[0]
            places = [
                (x, y, x + 20, y + 6, score) for x in range(0, 600, 30) for y in range(0, 300, 20)
            ]
            return np.array(places if len(self.shapes) == 1 else [], np.float32).reshape(-1, 5)

    for score, most in ((0.45, MOST_CLOSER), (0.2, MOST_FAINT)):
        network = Wall(score)
        looks = detector(network).detect(Image.new("RGB", (3840, 2160)), [WIDE])
        assert list(looks) == [[], []]
        assert len(network.shapes) == 1 + most


def test_a_closer_look_that_shows_nothing_changes_nothing() -> None:
    class Blinking(Network):
        def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
            return super().run(batch if not self.shapes else np.zeros_like(batch))

    (found,) = detect(Blinking(), with_spot(3840, 2160, SMALL), WIDE)
    assert near(found.box, SMALL, 8)


def test_a_small_picture_is_never_enlarged() -> None:
    network = Network()
    detect(network, Image.new("RGB", (100, 40)), Box(0, 0, 100, 40))
    assert network.shapes == [(1, 3, 64, 128)]


def test_cells_that_fill_a_rectangle_are_one_pass() -> None:
    cells = [Box(0, 0, 340, 200), Box(300, 0, 640, 200)]
    network = Network()
    spot = Box(500, 50, 570, 70)
    found = detect(network, with_spot(640, 400, spot), *cells)
    assert len(network.shapes) == 1
    assert network.shapes[0][0] == 1
    assert near(found[0].box, spot, 1)


def test_nothing_is_found_between_scattered_cells() -> None:
    cells = [Box(0, 0, 160, 100), Box(480, 300, 640, 400)]
    network = Network()
    image = with_spot(640, 400, Box(500, 320, 570, 340))
    image.paste("white", (300, 150, 370, 170))
    found = detect(network, image, *cells)
    assert network.shapes == [(1, 3, 128, 160)] * 2
    assert [near(one.box, Box(500, 320, 570, 340), 1) for one in found] == [True]


def test_cells_are_seen_at_the_detail_of_a_whole_picture_and_never_enlarged() -> None:
    network = Network()
    image = Image.new("RGB", (3840, 2160))
    detect(network, image, Box(0, 0, 1600, 800))
    detect(network, image, Box(0, 0, 400, 200))
    assert network.shapes == [(1, 3, 320, 640), (1, 3, 224, 416)]


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160), (8000, 6000)])
def test_a_large_grid_takes_several_passes_of_bounded_size(size: tuple[int, int]) -> None:
    network = Network()
    spot = Box(size[0] // 2 - 64, size[1] // 2 - 20, size[0] // 2 + 64, size[1] // 2 + 20)
    cells = Grid.parse("4", "").boxes(*size)
    found = detect(network, with_spot(*size, spot), *cells)
    padding = STRIDE * max(width + height for _, _, height, width in network.shapes)
    assert all(height * width <= MOST_PIXELS + padding for _, _, height, width in network.shapes)
    assert (len(network.shapes) > 1) == (size != (1280, 720))
    assert any(near(one.box, spot, 8) for one in found)


@pytest.mark.parametrize(
    ("most", "areas"),
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
def test_cells_are_joined_to_rows_and_rows_to_blocks(
    most: float, areas: list[tuple[int, int, int, int]]
) -> None:
    cells = Grid.parse("3", "1,2,3,4,5,6").boxes(900, 600)
    assert [area.corners for area in joined(cells, most)] == areas


def test_only_what_fills_a_rectangle_is_joined() -> None:
    cells = Grid.parse("3", "1,2,4,6,9").boxes(900, 600)
    areas = [Box(0, 0, 630, 220), cells[2], Box(570, 180, 900, 600)]
    assert joined(cells, 1_000_000) == areas


def test_a_plate_in_the_one_cell_left_out_is_not_found() -> None:
    cells = [
        Box(max(0, x - 40), max(0, y - 40), x + 200, y + 140)
        for x in (0, 160, 320, 480)
        for y in (0, 100, 200, 300)
    ]
    left_out = cells.pop(0)
    spot = Box(left_out.x_min + 20, left_out.y_min + 20, left_out.x_min + 60, left_out.y_min + 40)
    assert detect(Network(), with_spot(680, 440, spot), *cells) == []


def test_preprocess_pads_with_grey_to_the_stride() -> None:
    image = Image.new("RGB", (50, 20), (10, 20, 30))
    batch = preprocess(image, Box(0, 0, 50, 20), 1.0)
    assert batch.shape == (1, 3, 32, 64)
    assert batch[0, :, 19, 49].tolist() == [10, 20, 30]
    assert batch[0, :, 20, 50].tolist() == [PADDING] * 3


def test_preprocess_averages_by_the_whole_factor_first() -> None:
    image = Image.effect_noise((1280, 704), 90).convert("RGB")
    batch = preprocess(image, Box(0, 0, 1280, 704), 0.5)
    assert (batch[0].transpose(1, 2, 0) == np.asarray(image.reduce(2))).all()


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([(0, 0, 10, 10, 0.4)], []),
        ([(0, 0, 10, 10, 0.6), (1, 0, 11, 10, 0.9)], [0.9]),
        ([(0, 0, 10, 10, 0.6), (20, 0, 30, 10, 0.9)], [0.9, 0.6]),
        ([(0, 0, 10, 10, 0.9), (0, 0, 10, 10, 0.9)], [0.9]),
    ],
)
def test_suppress(rows: list[tuple[float, ...]], kept: list[float]) -> None:
    table = np.array(rows, np.float32).reshape(-1, 5)
    assert suppress(table, 0.5, 0.4)[:, 4].tolist() == pytest.approx(kept)
