"""The readers that are measured side by side, and how each is opened and called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.grid import Grid
from alpr.plates import Plate
from alpr.recognition import decode_for, recognise
from alpr.settings import Settings
from benchmarks.peers.pp_ocr.engine import PpOcrEngine
from benchmarks.peers.simple_lpr import SimpleLprEngine, countries_of

SETTINGS = Settings(engine="embedded")
WHOLE = Grid(0, ())
"""No grid: each reader reads the whole image once."""


class Contender(NamedTuple):
    """``open`` makes the engine for a folder of this name, not yet loaded."""

    title: str
    open: Callable[[str], Engine]


OURS = "embedded"
CONTENDERS: Mapping[str, Contender] = {
    OURS: Contender("this engine", lambda _: open_engine(SETTINGS)),
    "simplelpr": Contender(
        "SimpleLPR",
        lambda folder: SimpleLprEngine(countries_of(folder), plate_regions=True),
    ),
    "simplelpr_plain": Contender(
        "SimpleLPR, no regions",
        lambda folder: SimpleLprEngine(countries_of(folder), plate_regions=False),
    ),
    "pp_ocr": Contender("PP-OCR", lambda _: PpOcrEngine()),
}


def read_image(engine: Engine, image: Image.Image) -> tuple[Plate, ...]:
    """The plates on a decoded image."""
    return recognise(engine, image, WHOLE).plates


def read_file(engine: Engine, path: Path) -> tuple[Plate, ...]:
    """The plates on an image file, by the reader's own decoder if it has one."""
    if isinstance(engine, SimpleLprEngine):
        return tuple(engine.read_file(path))
    return read_image(engine, decode_for(engine, WHOLE, path.read_bytes(), SETTINGS.image_limits))
