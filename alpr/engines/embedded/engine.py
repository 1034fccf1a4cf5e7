"""The embedded engine in its first form: a general text reader and a sense of what a plate is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL.Image import Image

from alpr.engines.base import CellByCell, EngineStatus
from alpr.engines.embedded.plausible import plates_among
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Plate

if TYPE_CHECKING:
    from alpr.engines.embedded.text import TextReader

LEAST_SCORE = 0.6
"""A line read with a lower mean confidence is noise more often than text."""


class EmbeddedEngine(CellByCell):
    """Reads one image at a time, whoever asks.

    The text reader must not be shared between threads, and a single read already keeps every core
    busy, so callers wait their turn at a lock. A grid's cells take turns one by one, so that a
    search over many cells lets others pass.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader: TextReader | None = None
        self._calls = 0
        self._last_error = ""

    def read(self, image: Image) -> list[Plate]:
        with self._turn() as reader:
            self._calls += 1
            lines = reader.lines(image if image.mode == "RGB" else image.convert("RGB"))
        return plates_among(lines, LEAST_SCORE)

    def status(self) -> EngineStatus:
        return EngineStatus(
            "embedded",
            ready=self._reader is not None,
            device="CPU",
            calls=self._calls,
            last_error=self._last_error,
        )

    def warm_up(self) -> None:
        with self._turn():
            pass

    def close(self) -> None:
        with self._lock:
            self._reader = None

    @contextmanager
    def _turn(self) -> Iterator[TextReader]:
        """The reader, loaded, for one caller at a time; what goes wrong is kept for ``status``."""
        with self._lock:
            try:
                if self._reader is None:
                    self._reader = _open_reader()
                yield self._reader
            except EngineError as error:
                self._last_error = str(error)
                raise


def _open_reader() -> TextReader:
    try:
        from alpr.engines.embedded.text import TextReader
    except ImportError as error:
        raise EngineMissingError(
            f"the embedded engine needs the Python package {error.name}: "
            "pip install -r requirements.txt"
        ) from error
    return TextReader()
