"""The detector's scan and refinement, with a scripted network."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.detections import Detection
from alpr.engines.embedded.detector import MAX_GLANCES, MAX_PIXELS, MAX_REFINEMENTS, Detector
from alpr.engines.embedded.letterbox import STRIDE
from alpr.engines.embedded.models import Model
from alpr.grid import Grid
from alpr.plates import Box
from tests.engines.embedded.scripted import DetectorNetwork


def detector(network: DetectorNetwork) -> Detector:
    return Detector(cast(Model, network))


def detect(network: DetectorNetwork, image: Image.Image, *regions: Box) -> list[Detection]:
    """The regular candidates."""
    ours = detector(network)
    return ours.candidates(ours.scan(image, regions))


def detect_fallback(network: DetectorNetwork, image: Image.Image, *regions: Box) -> list[Detection]:
    ours = detector(network)
    return ours.fallback_candidates(ours.scan(image, regions))


def with_spot(width: int, height: int, spot: Box) -> Image.Image:
    image = Image.new("RGB", (width, height), "black")
    image.paste("white", spot.corners)
    return image


def near(box: Box, other: Box, pixels: int) -> bool:
    pairs = zip(box.corners, other.corners, strict=True)
    return all(abs(ours - theirs) <= pixels for ours, theirs in pairs)


def test_a_wide_image_is_shrunk_and_boxes_are_in_its_own_pixels() -> None:
    spot = Box(2000, 1000, 2600, 1180)
    network = DetectorNetwork()
    found = detect(network, with_spot(3840, 2160, spot), Box(0, 0, 3840, 2160))
    assert network.shapes == [(1, 384, 640)]
    assert near(found[0].box, spot, 6)


SMALL = Box(2001, 1001, 2100, 1029)
WIDE = Box(0, 0, 3840, 2160)


def test_a_small_plate_in_a_wide_image_is_refined() -> None:
    network = DetectorNetwork()
    found = detect(network, with_spot(3840, 2160, SMALL), WIDE)
    assert network.shapes == [(1, 384, 640), (1, 96, 192)]
    assert near(found[0].box, SMALL, 2)


def test_a_small_candidate_counts_with_its_refined_score() -> None:
    image = with_spot(3840, 2160, SMALL)
    for second, count in ((0.6, 1), (0.45, 0)):
        found = detect(DetectorNetwork(0.3, second), image, WIDE)
        assert [one.score for one in found] == pytest.approx([second] * count)


def test_a_low_score_is_a_fallback_candidate_once_refined() -> None:
    image = with_spot(3840, 2160, SMALL)
    assert detect(DetectorNetwork(0.2, 0.9), image, WIDE) == []
    (found,) = detect_fallback(DetectorNetwork(0.2, 0.9), image, WIDE)
    assert near(found.box, SMALL, 2)


def test_a_fallback_candidate_needs_a_higher_score_than_a_regular_one() -> None:
    image = with_spot(3840, 2160, SMALL)
    assert detect(DetectorNetwork(0.3, 0.55), image, WIDE)
    assert detect_fallback(DetectorNetwork(0.2, 0.55), image, WIDE) == []


def far(network: DetectorNetwork, image: Image.Image, *found: Box) -> list[Detection]:
    ours = detector(network)
    return ours.fallback_candidates(ours.scan(image, [Box(0, 0, *image.size)]), found)


def test_a_low_score_beside_a_plate_is_a_candidate_once_refined() -> None:
    image = with_spot(3840, 2160, SMALL)
    (found,) = far(DetectorNetwork(0.2, 0.9), image, Box(100, 100, 700, 250))
    assert near(found.box, SMALL, 2)


def test_a_plate_that_was_found_is_no_fallback_candidate_and_costs_nothing() -> None:
    network = DetectorNetwork(0.2, 0.9)
    assert far(network, with_spot(3840, 2160, SMALL), SMALL) == []
    assert len(network.shapes) == 1


@pytest.mark.parametrize(
    ("size", "spot"),
    [
        ((600, 400), Box(300, 200, 330, 210)),  # seen in full detail
        ((3840, 2160), Box(300, 200, 660, 300)),  # seen large enough
        ((3840, 2160), Box(300, 200, 400, 330)),  # tall
    ],
)
def test_what_a_closer_pass_shows_no_better_is_no_fallback_candidate(
    size: tuple[int, int], spot: Box
) -> None:
    network = DetectorNetwork(0.2, 0.9)
    assert far(network, with_spot(*size, spot)) == []
    assert len(network.shapes) == 1


def test_a_fallback_candidate_that_a_glance_shows_no_better_costs_no_more() -> None:
    network = DetectorNetwork(0.2, 0.35, 0.9)
    assert far(network, with_spot(3840, 2160, SMALL)) == []
    _, (_, height, width) = network.shapes
    assert (height, width) == (32, 96)


class CarNetwork(DetectorNetwork):
    """Sees only a car in the first pass, faintly, and the plate on it in the next ``seen``."""

    def __init__(self, seen: int) -> None:
        super().__init__(0.2, 0.9)
        self.seen = seen

    def boxes(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(self.shapes) == 1:
            return np.array([(*(side / 6 for side in CAR.corners), 0.2)], np.float32)
        return super().boxes(image if len(self.shapes) <= 1 + self.seen else 0 * image)


CAR, ON_CAR = Box(1920, 900, 2100, 1050), Box(1990, 1000, 2030, 1012)


def test_a_glance_shows_the_plate_of_a_small_car_and_this_is_refined() -> None:
    network = CarNetwork(seen=2)
    (found,) = far(network, with_spot(3840, 2160, ON_CAR))
    assert near(found.box, ON_CAR, 1)
    _, (_, *glance), (_, *refinement) = network.shapes
    assert glance == [96, 96]
    assert refinement == [64, 128]


def test_what_only_a_glance_shows_is_no_fallback_candidate() -> None:
    network = CarNetwork(seen=1)
    assert far(network, with_spot(3840, 2160, ON_CAR)) == []
    assert len(network.shapes) == 3


def test_one_scan_serves_both_kinds_of_candidates() -> None:
    network = DetectorNetwork(0.2, 0.9)
    ours = detector(network)
    scan = ours.scan(with_spot(3840, 2160, SMALL), [WIDE])
    assert ours.candidates(scan) == []
    assert len(network.shapes) == 1
    assert len(ours.fallback_candidates(scan)) == 1
    assert len(network.shapes) == 3


def test_a_large_plate_is_not_refined() -> None:
    network = DetectorNetwork(0.45, 0.9)
    assert detect(network, with_spot(3840, 2160, Box(200, 100, 700, 250)), WIDE) == []
    assert len(network.shapes) == 1


def test_refinement_enlarges_the_image_by_half_at_most() -> None:
    network = DetectorNetwork()
    spot = Box(300, 102, 342, 126)
    found = detect(network, with_spot(3840, 2160, spot), WIDE)
    assert network.shapes[1] == (1, 128, 128)
    assert near(found[0].box, spot, 2)


def test_an_image_scanned_at_full_size_is_not_refined() -> None:
    network = DetectorNetwork()
    detect(network, with_spot(640, 360, Box(300, 100, 340, 112)), Box(0, 0, 640, 360))
    assert len(network.shapes) == 1


def test_a_wall_of_text_costs_a_bounded_number_of_refinements() -> None:
    class Wall(DetectorNetwork):
        def boxes(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            score = self.scores[0]
            places = [
                (x, y, x + 20, y + 6, score) for x in range(0, 600, 30) for y in range(0, 300, 20)
            ]
            return np.array(places if len(self.shapes) == 1 else [], np.float32).reshape(-1, 5)

    image, regular, fallback = Image.new("RGB", (3840, 2160)), Wall(0.45), Wall(0.2)
    assert detect(regular, image, WIDE) == []
    assert sum(count for count, _, _ in regular.shapes) == 1 + MAX_REFINEMENTS
    assert detect_fallback(fallback, image, WIDE) == []
    assert sum(count for count, _, _ in fallback.shapes) == 1 + MAX_GLANCES


def test_a_refinement_that_shows_nothing_keeps_the_detection() -> None:
    class Blinking(DetectorNetwork):
        def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
            return super().run(batch if not self.shapes else np.zeros_like(batch))

    (found,) = detect(Blinking(), with_spot(3840, 2160, SMALL), WIDE)
    assert near(found.box, SMALL, 8)


def test_a_small_image_is_not_enlarged() -> None:
    network = DetectorNetwork()
    detect(network, Image.new("RGB", (100, 40)), Box(0, 0, 100, 40))
    assert network.shapes == [(1, 64, 128)]


def test_cells_that_fill_a_rectangle_are_one_pass() -> None:
    cells = [Box(0, 0, 340, 200), Box(300, 0, 640, 200)]
    network = DetectorNetwork()
    spot = Box(500, 50, 570, 70)
    found = detect(network, with_spot(640, 400, spot), *cells)
    assert len(network.shapes) == 1
    assert network.shapes[0][0] == 1
    assert near(found[0].box, spot, 1)


def test_nothing_is_found_between_scattered_cells() -> None:
    cells = [Box(0, 0, 160, 100), Box(480, 300, 640, 400)]
    network = DetectorNetwork()
    image = with_spot(640, 400, Box(500, 320, 570, 340))
    image.paste("white", (300, 150, 370, 170))
    found = detect(network, image, *cells)
    assert network.shapes == [(1, 128, 160)] * 2
    assert [near(one.box, Box(500, 320, 570, 340), 1) for one in found] == [True]


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160), (8000, 6000)])
def test_a_large_grid_takes_several_passes_of_bounded_size(size: tuple[int, int]) -> None:
    network = DetectorNetwork()
    spot = Box(size[0] // 2 - 64, size[1] // 2 - 20, size[0] // 2 + 64, size[1] // 2 + 20)
    cells = Grid.parse("4", "").boxes(*size)
    found = detect(network, with_spot(*size, spot), *cells)
    padding = STRIDE * max(width + height for _, height, width in network.shapes)
    assert all(height * width <= MAX_PIXELS + padding for _, height, width in network.shapes)
    passes = sum(height > 96 for _, height, _ in network.shapes)
    assert (passes > 1) == (size != (1280, 720))
    assert any(near(one.box, spot, 8) for one in found)


def test_a_plate_in_the_one_cell_left_out_is_not_found() -> None:
    cells = [
        Box(max(0, x - 40), max(0, y - 40), x + 200, y + 140)
        for x in (0, 160, 320, 480)
        for y in (0, 100, 200, 300)
    ]
    left_out = cells.pop(0)
    spot = Box(left_out.x_min + 20, left_out.y_min + 20, left_out.x_min + 60, left_out.y_min + 40)
    assert detect(DetectorNetwork(), with_spot(680, 440, spot), *cells) == []


@pytest.mark.parametrize(
    ("region", "score", "glances"),
    [(WIDE, 0.2, MAX_GLANCES), (WIDE, 0.09, 0), (Box(0, 0, 1920, 1080), 0.09, 10)],
)
def test_cells_get_more_glances_than_a_whole_image(region: Box, score: float, glances: int) -> None:
    class Row(DetectorNetwork):
        """Sees ten faint spots in the first pass, and nothing in a glance."""

        def boxes(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            places = [(x, 100, x + 20, 106, score) for x in range(30, 330, 30)]
            return np.array(places if len(self.shapes) == 1 else [], np.float32).reshape(-1, 5)

    network = Row()
    assert detect_fallback(network, Image.new("RGB", (3840, 2160)), region) == []
    assert sum(count for count, _, _ in network.shapes) == 1 + glances


def test_large_candidates_are_found_at_a_small_scale_with_a_border() -> None:
    spot, network = Box(200, 300, 1100, 500), DetectorNetwork()
    ours = detector(network)
    scan = ours.scan(with_spot(1280, 720, spot), [Box(0, 0, 1280, 720)])
    (found,) = ours.large_candidates(scan, [])
    assert near(found.box, spot, 20)
    _, (_, height, width) = network.shapes
    assert height * width < 640 * 384 / 7


def test_a_small_plate_is_no_large_candidate() -> None:
    ours, image = detector(DetectorNetwork()), with_spot(1280, 720, Box(200, 300, 400, 360))
    assert ours.large_candidates(ours.scan(image, [Box(0, 0, 1280, 720)]), []) == []


@pytest.mark.parametrize(("score", "best"), [(0.6, 0.8), (0.9, 0.9)])
def test_a_plate_seen_twice_has_the_box_of_the_overview_and_the_better_score(
    score: float, best: float
) -> None:
    spot = Box(200, 300, 1100, 500)
    part, elsewhere = Detection(Box(300, 320, 800, 480), score), Detection(Box(0, 0, 400, 90), 0.3)
    ours = detector(DetectorNetwork(0.5, 0.8))
    scan = ours.scan(with_spot(1280, 720, spot), [Box(0, 0, 1280, 720)])
    whole, other = ours.large_candidates(scan, [part, elsewhere])
    assert near(whole.box, spot, 20)
    assert whole.score == pytest.approx(best, abs=1e-5)
    assert other == elsewhere
