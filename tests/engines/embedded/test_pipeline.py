"""Which network is asked when, with scripted networks: what is read, judged and left out."""

from __future__ import annotations

from typing import cast

import pytest
from PIL import Image

from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.detector import Detector
from alpr.engines.embedded.models import Model
from alpr.engines.embedded.pipeline import Pipeline
from alpr.engines.embedded.reader import Reader
from alpr.plates import Box
from tests.engines.embedded.scripted import ContextNetwork, DetectorNetwork, ReaderNetwork

SMALL, LARGE = Box(2001, 1001, 2100, 1029), Box(2000, 1000, 2600, 1180)
FILLING = Box(500, 800, 3300, 1500)
SIZE = (3840, 2160)


def find(
    spot: Box,
    detector: DetectorNetwork,
    *readings: tuple[str, float],
    likelihood: float = 0.9,
) -> list[str]:
    """The texts found on an image with one spot, each of the readings being one pass."""
    image = Image.new("RGB", SIZE)
    image.paste("white", spot.corners)
    pipeline = Pipeline(
        Detector(cast(Model, detector)),
        Reader(cast(Model, ReaderNetwork(*([one] for one in readings)))),
        ContextClassifier(cast(Model, ContextNetwork(likelihood))),
    )
    return [plate.text for plate in pipeline.find_plates(image, [Box(0, 0, *SIZE)])]


def test_a_candidate_is_read() -> None:
    assert find(LARGE, DetectorNetwork(0.9), ("AB123", 0.99)) == ["AB123"]


def test_a_fallback_candidate_is_read_where_no_candidate_is_a_plate() -> None:
    assert find(SMALL, DetectorNetwork(0.2, 0.9), ("AB123", 0.99)) == ["AB123"]


def test_a_plate_that_is_found_at_once_costs_one_pass() -> None:
    network = DetectorNetwork(0.9)
    find(LARGE, network, ("AB123", 0.99))
    assert len(network.shapes) == 1


@pytest.mark.parametrize(("likelihood", "texts"), [(0.04, []), (0.6, ["AB123"])])
def test_a_word_is_read_again_only_in_a_likely_context(likelihood: float, texts: list[str]) -> None:
    readings = ("EXIT", 0.4), ("AB123", 0.99)
    assert find(LARGE, DetectorNetwork(0.9), *readings, likelihood=likelihood) == texts


def test_nothing_is_judged_where_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> float:
        raise AssertionError("the context was run for nothing")

    monkeypatch.setattr(ContextClassifier, "likelihood", never)
    assert find(LARGE, DetectorNetwork(0.9), ("-", 0.9)) == []


def test_a_plate_that_fills_the_image_is_found_in_a_second_pass() -> None:
    network = DetectorNetwork(0.05, 0.9)
    assert find(FILLING, network, ("AB123", 0.99)) == ["AB123"]
    assert len(network.shapes) == 2


def test_a_large_plate_is_checked_by_a_second_pass_and_read_once() -> None:
    network = DetectorNetwork(0.9)
    assert find(FILLING, network, ("AB123", 0.99)) == ["AB123"]
    assert len(network.shapes) == 2
