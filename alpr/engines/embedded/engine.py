"""The embedded engine: our own models on ONNX Runtime."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from alpr.engines.base import EngineStatus
from alpr.engines.embedded.context import Context
from alpr.engines.embedded.detector import Detection, Detector
from alpr.engines.embedded.reader import LENGTHS, Reader, Reading
from alpr.errors import EngineError
from alpr.folders import bundle_folder
from alpr.plates import Box, Plate
from alpr.stages import stage

MODELS = bundle_folder() / "assets" / "models"

FIRST_SIZE = (640, 384)

LEAST_SURENESS = 0.2
"""How sure the detector is that it is a plate, times how sure the reader is of its weakest
character; what has less is a guess."""

LEAST_SURENESS_OF_A_WORD = 0.5
"""The same of a text that a sign may say as well, times how likely a plate is in that place."""

LETTERS_OF_A_WORD = 5

UNLIKELY = 0.06
"""How likely a plate has to be in a place for a doubtful text there to be one's."""

SURE = 0.5
"""A text of less is doubtful; what counts is the same as for the least sureness."""

WORD_INSIDE, SURE_WITH_A_WORD = re.compile("[A-Z]{4}"), 0.7
"""The same of a text with four letters in a row, as a sign's "BAKERY 30" has."""

MOST_AT_ONCE = 4
"""Pictures of 50 megapixels that fit into the 2 GB which deploy/ allows."""


def is_plate(reading: Reading, score: float, likelihood: Callable[[], float]) -> bool:
    """Whether a text is a plate's, by its length, how sure both models are, and its place.

    ``likelihood`` says how likely a plate is there; it is asked where a sign may say the same
    or the text is doubtful.
    """
    sure = reading.confidence * score
    if sure < LEAST_SURENESS or len(reading.text) not in LENGTHS:
        return False
    if _is_word(reading.text):
        return sure * likelihood() >= LEAST_SURENESS_OF_A_WORD
    if sure < (SURE_WITH_A_WORD if WORD_INSIDE.search(reading.text) else SURE):
        return likelihood() >= UNLIKELY
    return True


def _is_word(text: str) -> bool:
    """Whether it is letters alone, or a long word with an O or I taken for a digit."""
    digits = [char for char in text if char.isdigit()]
    if len(digits) == 1 and digits[0] in "01":
        return len(text) > LETTERS_OF_A_WORD
    return text.isalpha()


@dataclass(frozen=True, slots=True)
class _Models:
    detector: Detector
    reader: Reader
    context: Context


def _plate(models: _Models, image: Image.Image, found: Detection, first: Reading) -> Plate | None:
    """What a box says after as many looks as it needs, if that is a plate's."""
    likelihood = cache(partial(models.context.likelihood, image, found.box))
    if _is_word(first.text) and likelihood() < LEAST_SURENESS_OF_A_WORD:
        return None  # however sure further looks were
    reading = models.reader.look_again(image, found.box, first)
    if not is_plate(reading, found.score, likelihood):
        return None
    return Plate(reading.text, reading.confidence, found.box, found.score, reading.confidences)


def _found(looks: Iterator[list[Detection]]) -> list[Detection] | None:
    """What the next look shows, or nothing after the last."""
    with stage("detect"):
        return next(looks, None)


def _plates(models: _Models, image: Image.Image, found: Sequence[Detection]) -> list[Plate]:
    """Those of the boxes that say what a plate says."""
    with stage("read"):
        readings = models.reader.read(image, [one.box for one in found])
        pairs = zip(found, readings, strict=True)
        return [plate for pair in pairs if (plate := _plate(models, image, *pair))]


class EmbeddedEngine:
    """Finds plates in one pass over an image, or over all cells of a grid, and reads them in one.

    Threads share the models: ONNX Runtime's sessions are safe to run from many at once.
    """

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._models: _Models | None = None
        self._calls = 0
        self._last_error = ""

    @property
    def reads_at_once(self) -> int:
        """One a core: a read keeps all of them busy for a part of its time only."""
        return min(len(os.sched_getaffinity(0)), MOST_AT_ONCE)

    def read(self, image: Image.Image) -> list[Plate]:
        return self.read_cells(image, [Box(0, 0, *image.size)])

    def read_cells(self, image: Image.Image, cells: Sequence[Box]) -> list[Plate]:
        models = self._loaded()
        self._calls += len(cells)
        image = image if image.mode == "RGB" else image.convert("RGB")
        looks = models.detector.detect(image, cells)
        plates: list[Plate] = []
        while not plates and (found := _found(looks)) is not None:
            plates = _plates(models, image, found)
        return plates

    def status(self) -> EngineStatus:
        return EngineStatus(
            "embedded",
            ready=self._models is not None,
            device="CPU",
            calls=self._calls,
            last_error=self._last_error,
        )

    def warm_up(self) -> None:
        self._loaded()

    def close(self) -> None:
        with self._loading:
            self._models = None

    def _loaded(self) -> _Models:
        with self._loading:
            if self._models is None:
                self._models = self._load()
            return self._models

    def _load(self) -> _Models:
        from alpr.engines.embedded.models import open_models  # noqa: PLC0415 - heavy, so only now

        try:
            opened = open_models(MODELS)
        except EngineError as error:
            self._last_error = str(error)
            raise
        models = _Models(
            Detector(opened["detector"]), Reader(opened["reader"]), Context(opened["context"])
        )
        # A first run also allocates; only after it is a read as fast as any.
        blank, whole = Image.new("RGB", FIRST_SIZE), Box(0, 0, *FIRST_SIZE)
        list(models.detector.detect(blank, [whole]))
        models.reader.read(blank, [whole])
        models.context.likelihood(blank, whole)
        self._last_error = ""
        return models
