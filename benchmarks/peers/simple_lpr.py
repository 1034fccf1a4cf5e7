"""SimpleLPR as an engine: a commercial reader, measured within its trial.

Its guide asks for the countries to expect and enables plate regions for "better accuracy"; without
them it is faster. It is never installed with the service: see
``benchmarks/requirements-simplelpr.txt``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from alpr.engines.base import Engine, EngineStatus
from alpr.errors import EngineMissingError
from alpr.plates import Box, Plate

EUROPE = (
    "Albania", "Andorra", "Austria", "Belarus", "Belgium", "Bosnia and Herzegovina", "Bulgaria",
    "Croatia", "Cyprus", "Czech-Republic", "Denmark", "Estonia", "Finland", "France", "Germany",
    "Greece", "Hungary", "Iceland", "Ireland", "Italy", "Kosovo", "Latvia", "Lithuania",
    "Luxembourg", "Malta", "Netherlands", "Norway", "Poland", "Portugal", "Romania", "Slovakia",
    "Slovenia", "Spain", "Sweden", "Switzerland", "UK-GreatBritain", "Ukraine",
)  # fmt: skip
NEAREST_TO_THE_US = ("Canada", "Puerto Rico")
"""SimpleLPR does not know the United States."""

COUNTRIES = {
    "openalpr_eu": EUROPE,
    "openalpr_br": ("Brazil",),
    "openalpr_us": NEAREST_TO_THE_US,
    "vn_parking": ("Vietnam",),
    "no_plates": (*EUROPE, "Brazil", *NEAREST_TO_THE_US),
}
"""Countries by the name of a folder; for other folders every country is allowed."""

PLATE_THRESHOLD = 0.5
"""Minimum ``plateDetectionConfidence``, which SimpleLPR gives with plate regions."""


class SimpleLprEngine(Engine):
    """Reads one image at a time; empty ``countries`` means all."""

    def __init__(self, countries: Sequence[str], *, plate_regions: bool) -> None:
        self._countries = countries
        self._plate_regions = plate_regions
        self._lock = threading.Lock()
        self._engine: Any = None
        self._processor: Any = None
        self._calls = 0

    def read(self, image: Image) -> list[Plate]:
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        bgr = np.frombuffer(rgb.tobytes("raw", "BGR"), np.uint8)
        return self._plates(bgr.reshape(rgb.height, rgb.width, 3))

    def read_file(self, path: Path) -> list[Plate]:
        """The plates on an image file, by SimpleLPR's own decoder."""
        return self._plates(str(path))

    def status(self) -> EngineStatus:
        return EngineStatus("simplelpr", self._processor is not None, "CPU", calls=self._calls)

    def warm_up(self) -> None:
        with self._lock:
            self._loaded()

    def close(self) -> None:
        with self._lock:
            self._engine = self._processor = None

    def _plates(self, image: Any) -> list[Plate]:
        with self._lock:
            self._calls += 1
            candidates = self._loaded().analyze(image)
        return [_plate(one) for one in candidates if self._is_plate(one)]

    def _is_plate(self, candidate: Any) -> bool:
        if self._plate_regions and candidate.plateDetectionConfidence < PLATE_THRESHOLD:
            return False
        return bool(candidate.matches)

    def _loaded(self) -> Any:
        if self._processor is None:
            try:
                import simplelpr  # noqa: PLC0415 - an optional peer
            except ImportError as error:
                raise EngineMissingError(
                    "this peer needs a commercial package, with a trial: "
                    "pip install -r benchmarks/requirements-simplelpr.txt"
                ) from error
            # The processor belongs to its engine, which must outlive it.
            self._engine = simplelpr.SimpleLPR(simplelpr.EngineSetupParms())
            names = map(self._engine.get_countryCode, range(self._engine.numSupportedCountries))
            for name in names:
                is_expected = name in self._countries or not self._countries
                self._engine.set_countryWeight(name, 1.0 if is_expected else 0.0)
            self._engine.realizeCountryWeights()
            self._processor = self._engine.createProcessor()
            self._processor.plateRegionDetectionEnabled = self._plate_regions
        return self._processor


def countries_of(folder: str) -> tuple[str, ...]:
    """The countries whose plates are in the folder of this name; empty if unknown."""
    return COUNTRIES.get(folder, ())


def _plate(candidate: Any) -> Plate:
    """The best match; its text is the raw one where no country fits."""
    best, box = candidate.matches[0], candidate.boundingBox
    right, bottom = box.left + box.width, box.top + box.height
    inside = Box.clamp(box.left, box.top, right, bottom, width=right, height=bottom)
    return Plate(best.text, min(max(best.confidence, 0.0), 1.0), inside)
