"""Which pixels of a large JPEG are decoded, with scripted networks: no more than are needed."""

from __future__ import annotations

from typing import NamedTuple, cast

import pytest
from PIL import Image

from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.detector import Detector
from alpr.engines.embedded.models import Model
from alpr.engines.embedded.pipeline import Pipeline
from alpr.engines.embedded.reader import Reader
from alpr.images.reducible import ReducibleImage
from alpr.plates import Box, Plate
from tests.engines.embedded.scripted import ContextNetwork, DetectorNetwork, ReaderNetwork

SIZE = (3840, 2160)
WHOLE = Box(0, 0, *SIZE)
FAR = Box(2000, 1000, 2100, 1028)
MIDDLE = Box(2000, 1000, 2300, 1080)
NEAR = Box(2000, 1000, 2600, 1180)
FILLING = Box(500, 800, 3300, 1500)


class Found(NamedTuple):
    plates: list[Plate]
    is_decoded: bool
    """Whether all pixels were."""
    passes: int


def find(
    spot: Box, *scores: float, cells: tuple[Box, ...] = (WHOLE,), text: str = "AB123"
) -> Found:
    """What is found on an image with one bright spot, of which a quarter is decoded."""
    image = Image.new("RGB", SIZE)
    image.paste("white", spot.corners)
    seen = ReducibleImage(image.reduce(4), 4, image.copy)
    network = DetectorNetwork(*scores)
    pipeline = Pipeline(
        Detector(cast(Model, network)),
        Reader(cast(Model, ReaderNetwork(*[[(text, 0.99)]] * 3))),
        ContextClassifier(cast(Model, ContextNetwork(0.9))),
    )
    plates = pipeline.find_plates(seen, cells)
    return Found(plates, seen.is_loaded, len(network.shapes))


@pytest.mark.parametrize(
    ("spot", "is_decoded"), [(FILLING, False), (NEAR, False), (MIDDLE, True), (FAR, True)]
)
def test_a_plate_is_read_with_as_few_pixels_as_show_it(spot: Box, is_decoded: bool) -> None:
    found = find(spot, 0.9)
    assert found.is_decoded == is_decoded
    (plate,) = found.plates
    assert plate.text == "AB123"
    pairs = zip(plate.box.corners, spot.corners, strict=True)
    assert all(abs(ours - true) <= max(6, spot.width // 30) for ours, true in pairs)


def test_what_says_nothing_is_not_worth_all_pixels() -> None:
    found = find(MIDDLE, 0.9, text="-")
    assert (found.plates, found.is_decoded) == ([], False)


def test_an_image_that_shows_nothing_is_not_decoded_further() -> None:
    assert find(FAR, 0.05) == ([], False, 2)


@pytest.mark.parametrize(("first", "rough"), [(0.2, 0.35), (0.3, 0.15)])
def test_a_doubtful_detection_is_ruled_out_by_what_is_decoded(first: float, rough: float) -> None:
    found = find(FAR, first, rough)
    assert (found.plates, found.is_decoded) == ([], False)


@pytest.mark.parametrize(("first", "rough"), [(0.2, 0.45), (0.3, 0.25)])
def test_a_likely_detection_is_worth_all_pixels(first: float, rough: float) -> None:
    # The overview lies between the scan and the pass over fallback candidates.
    between = [] if first > 0.25 else [0.05]
    found = find(FAR, first, *between, rough, 0.9)
    assert [plate.text for plate in found.plates] == ["AB123"]
    assert found.is_decoded


def test_cells_that_are_seen_at_a_larger_scale_need_all_pixels() -> None:
    cells = Box(0, 0, 2080, 1180), Box(1760, 0, 3840, 1180)
    found = find(Box(2000, 900, 2600, 1080), 0.9, cells=cells)
    assert [plate.text for plate in found.plates] == ["AB123"]
    assert found.is_decoded
