"""PP-OCR as an engine: a general text reader, and rules for which texts are plates."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from PIL.Image import Image

from alpr.engines.base import Engine, EngineStatus
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Plate
from benchmarks.peers.pp_ocr.plausible import Line, find_plates

if TYPE_CHECKING:
    from benchmarks.peers.pp_ocr.text import TextReader

Result = TypeVar("Result")

SCORE_THRESHOLD = 0.6
"""Minimum mean confidence of a line; below, it is noise more often than text."""


class PpOcrEngine(Engine):
    """Reads one image at a time on a thread of its own; callers take turns.

    The text reader is not thread-safe, and a single read keeps every core busy. A grid's cells take
    turns one by one, so other callers can read between them. The thread is always the same because
    the C library keeps 300 MB for each thread that has read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = _start_thread()
        self._reader: TextReader | None = None
        self._calls = 0
        self._last_error = ""

    def read(self, image: Image) -> list[Plate]:
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        return find_plates(self._run_on_thread(lambda: self._lines(rgb)), SCORE_THRESHOLD)

    def status(self) -> EngineStatus:
        return EngineStatus(
            "pp_ocr",
            ready=self._reader is not None,
            device="CPU",
            calls=self._calls,
            last_error=self._last_error,
        )

    def warm_up(self) -> None:
        self._run_on_thread(self._loaded)

    def close(self) -> None:
        with self._lock:
            self._thread.shutdown()
            self._thread = _start_thread()
            self._reader = None

    def _run_on_thread(self, work: Callable[[], Result]) -> Result:
        """Runs the work on the engine's thread; an error is kept for ``status``."""
        with self._lock:
            future = self._thread.submit(work)
        try:
            return future.result()
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


def _start_thread() -> ThreadPoolExecutor:
    """An executor with one thread, which starts with its first work."""
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
