"""SimpleLPR as a peer: its inputs and options, with a double of the package."""

# ruff: noqa: N802, N815 - the names are the package's

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from alpr.errors import EngineMissingError
from alpr.plates import Box, Plate
from benchmarks.peers.simple_lpr import EUROPE, SimpleLprEngine, countries_of


class FakeLpr:
    """The part of the package that the benchmarks use."""

    names = ("Brazil", "France", "Vietnam")
    numSupportedCountries = len(names)

    def __init__(self, _: object) -> None:
        self.weights: dict[str, float] = {}
        self.plateRegionDetectionEnabled = False

    def get_countryCode(self, index: int) -> str:
        return self.names[index]

    def set_countryWeight(self, name: str, weight: float) -> None:
        self.weights[name] = weight

    def realizeCountryWeights(self) -> None:
        assert set(self.weights) == set(self.names)

    def createProcessor(self) -> FakeLpr:
        return self

    def analyze(self, image: Any) -> list[Any]:
        first = "FILE" if isinstance(image, str) else "".join(map(str, image[0, 0]))
        box = SimpleNamespace(left=-3, top=5, width=20, height=8)
        return [
            SimpleNamespace(
                boundingBox=box,
                plateDetectionConfidence=confidence,
                matches=[SimpleNamespace(text=text, confidence=1.5)] * bool(text),
            )
            for text, confidence in ((first, 0.9), ("SHOP", 0.1), ("", 0.9))
        ]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[FakeLpr]:
    """The package's engines that were opened."""
    engines: list[FakeLpr] = []

    def open_engine(parameters: object) -> FakeLpr:
        engines.append(FakeLpr(parameters))
        return engines[-1]

    fake = SimpleNamespace(SimpleLPR=open_engine, EngineSetupParms=object)
    monkeypatch.setitem(sys.modules, "simplelpr", fake)
    return engines


@pytest.mark.usefixtures("opened")
def test_pixels_are_bgr_and_doubtful_candidates_are_dropped() -> None:
    engine = SimpleLprEngine(("Brazil",), plate_regions=True)
    (plate,) = engine.read(Image.new("RGB", (4, 4), (1, 2, 3)))
    assert plate == Plate("321", 1.0, Box(0, 5, 17, 13))
    assert [plate.text for plate in engine.read_file(Path("a.jpg"))] == ["FILE"]
    assert engine.status().ready
    plain = SimpleLprEngine((), plate_regions=False)
    assert [plate.text for plate in plain.read_file(Path("a.jpg"))] == ["FILE", "SHOP"]


@pytest.mark.parametrize(
    ("countries", "weights"), [(("Brazil",), [1.0, 0.0, 0.0]), ((), [1.0, 1.0, 1.0])]
)
def test_the_countries_are_set(
    countries: tuple[str], weights: list[float], opened: list[FakeLpr]
) -> None:
    engine = SimpleLprEngine(countries, plate_regions=True)
    engine.warm_up()
    (lpr,) = opened
    assert list(lpr.weights.values()) == weights
    assert lpr.plateRegionDetectionEnabled


def test_the_folder_decides_the_countries() -> None:
    assert countries_of("openalpr_eu") == EUROPE
    assert countries_of("openalpr_us") == ("Canada", "Puerto Rico")
    assert countries_of("my photos") == ()


def test_a_missing_package_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simplelpr", None)
    with pytest.raises(EngineMissingError, match=r"requirements-simplelpr\.txt"):
        SimpleLprEngine((), plate_regions=True).warm_up()
