"""PP-OCR as an engine: a general text reader and a sense of what a plate is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from PIL.Image import Image

from alpr.engines.base import Engine, EngineStatus
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Plate
from benchmarks.peers.pp_ocr.plausible import Line, plates_among

if TYPE_CHECKING:
    from benchmarks.peers.pp_ocr.text import TextReader

Result = TypeVar("Result")

LEAST_SCORE = 0.6
"""A line read with a lower mean confidence is noise more often than text."""


class PpOcrEngine(Engine):
    """Reads one image at a time, whoever asks, on a thread of its own.

    The text reader must not be shared, and a single read already keeps every core busy, so callers
    take turns; a grid's cells do so one by one and let others pass. It is always the same thread
    because the C library keeps the memory of a read for the thread that used it: 300 MB for each
    of the server's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = _one_thread()
        self._reader: TextReader | None = None
        self._calls = 0
        self._last_error = ""

    def read(self, image: Image) -> list[Plate]:
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        return plates_among(self._in_turn(lambda: self._lines(rgb)), LEAST_SCORE)

    def status(self) -> EngineStatus:
        return EngineStatus(
            "pp_ocr",
            ready=self._reader is not None,
            device="CPU",
            calls=self._calls,
            last_error=self._last_error,
        )

    def warm_up(self) -> None:
        self._in_turn(self._loaded)

    def close(self) -> None:
        with self._lock:
            self._thread.shutdown()
            self._thread = _one_thread()
            self._reader = None

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        """Does the work on the engine's thread; what goes wrong is kept for ``status``."""
        with self._lock:
            turn = self._thread.submit(work)
        try:
            return turn.result()
        except EngineError as error:
            self._last_error = str(error)
            raise

    def _lines(self, image: Image) -> list[Line]:
        self._calls += 1
        return self._loaded().lines(image)

    def _loaded(self) -> TextReader:
        if self._reader is None:
            self._reader = _open_reader()
        return self._reader


def _one_thread() -> ThreadPoolExecutor:
    """A thread that starts with its first work."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pp-ocr")


def _open_reader() -> TextReader:
    try:
        from benchmarks.peers.pp_ocr.text import TextReader  # noqa: PLC0415 - heavy, so only now
    except ImportError as error:
        raise EngineMissingError(
            f"this peer needs the Python package {error.name}: "
            "pip install -r benchmarks/requirements.txt"
        ) from error
    return TextReader()
