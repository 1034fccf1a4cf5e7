"""The embedded engine: our own models on ONNX Runtime, loaded once and shared by all threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from alpr import cores
from alpr.engines.base import EngineStatus
from alpr.engines.embedded.context import ContextClassifier
from alpr.engines.embedded.detector import Detector
from alpr.engines.embedded.pipeline import Pipeline
from alpr.engines.embedded.reader import Reader
from alpr.engines.embedded.reads import Reads
from alpr.errors import EngineError
from alpr.folders import bundle_folder
from alpr.plates import Box, Plate

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

MODELS = bundle_folder() / "assets" / "models"

WARM_UP_SIZE = (640, 384)
"""Width and height of the blank image that is read after loading, in pixels."""

NETWORKS = 3
"""Each has its own threads. ONNX Runtime can share them, but they would then spin while they wait,
which Python cannot turn off: a pass took two to eight times the processor time."""

MAX_THREADS = 8
"""Threads of one pass: more gain little, and a machine with 96 cores would start 96 a network."""

MAX_CONCURRENT_READS = 4
"""Images read at the same time: four of 50 megapixels fit into the 2 GB that ``deploy/`` allows."""

FIRST_LOOK_PX = 960
"""Longest side at which an image is decoded first. The scan sees 640 pixels of it; the others tell
whether a small detection is worth all pixels."""

log = logging.getLogger(__name__)


class EmbeddedEngine:
    """Detects, reads and judges plates in-process, on the CPU or an accelerator.

    Threads share the models: ONNX Runtime's sessions may be run by many threads at once. A pass
    computes with ``threads``; 0 is one for each core, at most MAX_THREADS. ``device`` is a value of
    the setting; what it chose is in :meth:`status` once the engine is ready.
    """

    def __init__(self, threads: int = 0, device: str = "cpu") -> None:
        self._threads = threads or min(cores.available(), MAX_THREADS)
        self._device = device
        self._runs_on = "CPU" if device == "cpu" else ""
        self._loading = threading.Lock()
        self._reads = Reads()
        self._pipeline: Pipeline | None = None
        self._calls = 0
        self._last_error = ""

    @property
    def reads_at_once(self) -> int:
        """One for each core: a read keeps all cores busy only for a part of its time."""
        return min(cores.available(), MAX_CONCURRENT_READS)

    @property
    def enough_px(self) -> int:
        return FIRST_LOOK_PX

    def read(self, image: Image.Image) -> list[Plate]:
        return self.read_cells(image, [Box(0, 0, *image.size)])

    def read_cells(self, image: Image.Image, cells: Sequence[Box]) -> list[Plate]:
        pipeline = self._loaded()
        self._calls += len(cells)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        with self._reads:
            return pipeline.find_plates(rgb, cells)

    def status(self) -> EngineStatus:
        return EngineStatus(
            "embedded",
            ready=self._pipeline is not None,
            device=self._runs_on,
            calls=self._calls,
            last_error=self._last_error,
        )

    def warm_up(self) -> None:
        self._loaded()

    def close(self) -> None:
        with self._loading:
            self._pipeline = None

    def _loaded(self) -> Pipeline:
        with self._loading:
            if self._pipeline is None:
                self._pipeline = self._load()
            return self._pipeline

    def _load(self) -> Pipeline:
        try:
            self._runs_on, pipeline = _open_pipeline(self._threads, self._device, self._reads)
        except EngineError as error:
            self._last_error = str(error)
            raise
        self._last_error = ""
        return pipeline


def _open_pipeline(threads: int, device: str, reads: Reads) -> tuple[str, Pipeline]:
    """What the models run on, and the models, loaded and warm. Raises :class:`EngineError`."""
    try:
        # Heavy, so only now.
        from alpr.engines.embedded.devices import choose  # noqa: PLC0415
        from alpr.engines.embedded.models import open_models  # noqa: PLC0415
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        raise EngineError(f"ONNX Runtime cannot be imported: {reason}") from error
    _check_threads(NETWORKS * (threads - 1))
    chosen, *rest = choose(device, threads)
    while True:
        try:
            pipeline = _pipeline_of(open_models(MODELS, threads, chosen, reads))
            break
        except EngineError as error:
            if not rest:
                raise
            log.warning("device %s: %s", device, error)
            chosen, *rest = rest
    if device == "auto":
        log.info("device auto: the engine runs on %s", chosen.label)
    return chosen.label, pipeline


def _check_threads(count: int) -> None:
    """Raises :class:`EngineError` where the system does not let this process start more threads.

    ONNX Runtime would wait without end for those that do not start.
    """
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(count):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise EngineError(
            f"the system lets the program start only {len(started)} of {count} threads;"
            " raise its limit of tasks, or lower the setting threads"
        ) from error
    finally:
        end.set()
        for thread in started:
            thread.join()


def _pipeline_of(models: Mapping[str, Model]) -> Pipeline:
    """The networks, warm. Raises :class:`EngineError`."""
    try:
        pipeline = Pipeline(
            Detector(models["detector"]),
            Reader(models["reader"]),
            ContextClassifier(models["context"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise EngineError("the models' manifest lacks a model or what describes it") from error
    pipeline.warm_up(Image.new("RGB", WARM_UP_SIZE))
    return pipeline
