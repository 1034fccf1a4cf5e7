"""ultimateALPR behind the engine protocol: a supervised process that reads one image at a time."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL.Image import Image

from alpr.engines import ultimate
from alpr.engines.base import Engine, EngineStatus
from alpr.engines.ultimate import diagnosis, refusals, results, sdk_config
from alpr.engines.ultimate.error_streak import MAX_EQUAL_ERRORS
from alpr.engines.ultimate.pixels import Pixels
from alpr.engines.ultimate.region_of_interest import RegionOfInterest
from alpr.engines.ultimate.restart_policy import RestartPolicy
from alpr.engines.ultimate.supervisor import Supervisor
from alpr.engines.ultimate.worker_process import WorkerConfig, WorkerError, WorkerProcess
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Box, Plate
from alpr.settings import Settings
from alpr.stages import stage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UltimateConfig:
    """The settings of this engine; ``sdk`` holds the SDK's own keys, as the user gave them."""

    sdk: Mapping[str, Any]
    restarts: RestartPolicy
    restart_on_refusal: bool
    call_timeout_s: int
    start_timeout_s: int

    @classmethod
    def of(cls, settings: Settings) -> UltimateConfig:
        return cls(
            settings.json_config,
            RestartPolicy(
                settings.restart_after_calls, settings.restart_after_seconds, settings.standby
            ),
            settings.restart_on_refusal,
            settings.call_timeout_s,
            settings.start_timeout_s,
        )


class UltimateEngine(Engine):
    """The vendor's SDK. One image is read at a time; threads are served in order of arrival.

    A worker that dies, hangs or answers garbage is replaced, and its image is tried once more. An
    image that the SDK cannot read is only that request's error. Bad keys in ``config.sdk`` raise
    :class:`alpr.errors.SettingsError` here.
    """

    def __init__(self, config: UltimateConfig) -> None:
        self._config = config
        complete = sdk_config.with_whole_paths(sdk_config.with_defaults(config.sdk))
        self._region_of_interest = RegionOfInterest.of(complete["detect_roi"])
        self._sdk_config = {**complete, "detect_roi": (0, 0, 0, 0)}
        self._supervisor = Supervisor(self._launch, config.restarts)
        self._lock = threading.Lock()
        self._calls = self._refusals = 0

    def read(self, image: Image) -> list[Plate]:
        return self.read_cells(image, [Box(0, 0, *image.size)])

    def read_cells(self, image: Image, cells: Sequence[Box]) -> list[Plate]:
        """Each cell is a call; of a cell only what lies in the region of interest is read."""
        whole = Box(0, 0, *image.size)
        plates: list[Plate] = []
        for cell in cells:
            if region := self._region_of_interest.within(cell):
                part = image if region == whole else image.crop(region.corners)
                read = self._read(part)
                plates += [results.shift(plate, region.x_min, region.y_min) for plate in read]
        return plates

    def _read(self, image: Image) -> list[Plate]:
        _check_installed()
        pixels = Pixels.of(image)
        with self._lock:
            self._calls += 1
        try:
            return self._attempt(pixels)
        except WorkerError as error:
            log.warning("%s; the image is tried once more", error)
            return self._attempt(pixels)

    def status(self) -> EngineStatus:
        """``device`` is the one asked for: the SDK falls back to the CPU without a word.

        The facts are ``restarts`` and ``refusals``, the images that the trial refused to read.
        """
        supervisor, config = self._supervisor, self._sdk_config
        missing = "" if ultimate.is_installed() else diagnosis.MISSING
        return EngineStatus(
            "ultimate",
            ready=supervisor.ready,
            device=config["openvino_device"] if config["openvino_enabled"] else "CPU",
            calls=self._calls,
            last_error=supervisor.last_error or missing,
            facts={"restarts": max(0, supervisor.starts - 1), "refusals": self._refusals},
        )

    def warm_up(self) -> None:
        _check_installed()
        self._supervisor.wait_until_ready()

    def close(self) -> None:
        self._supervisor.close()

    def _attempt(self, pixels: Pixels) -> list[Plate]:
        with self._supervisor.lend() as worker:
            with stage("detect"):  # The SDK detects and reads in one step.
                answer = worker.call(pixels)
            plates = _plates(answer, pixels)
            # A refusal may also look like an image without plates.
            if not plates and (
                evidence := refusals.evidence(answer["phrase"], worker.native_lines())
            ):
                raise self._refusal(worker, evidence)
            if not answer["ok"]:
                raise self._image_error(worker, pixels, answer)
            worker.errors.clear()
            worker.is_refusing = False
            return plates

    def _refusal(self, worker: WorkerProcess, evidence: str) -> EngineError:
        with self._lock:
            self._refusals += 1
        worker.is_refusing = True
        message = f"ultimateALPR's trial reads no more until it is restarted, says {evidence}"
        return WorkerError(message) if self._config.restart_on_refusal else EngineError(message)

    def _image_error(
        self, worker: WorkerProcess, pixels: Pixels, answer: Mapping[str, Any]
    ) -> EngineError:
        """The SDK could not read this image. Only many such images in a row blame the worker."""
        message = f"ultimateALPR answered {answer['code']}: {answer['phrase']}"
        if worker.errors.add(message, zlib.crc32(pixels.data)):
            worker.is_refusing = True
            # It may be a refusal in words that are not known.
            worker.is_suspect = self._config.restart_on_refusal
            message += f" ({MAX_EQUAL_ERRORS} images in a row)"
        return EngineError(message)

    def _launch(self, on_end: Callable[[], None]) -> WorkerProcess:
        obstacle = diagnosis.preflight() or sdk_config.obstacle(self._sdk_config)
        if obstacle:
            raise WorkerError(f"ultimateALPR cannot run: {obstacle}")
        return WorkerProcess(
            WorkerConfig(
                sdk=self._sdk_config,
                start_timeout_s=self._config.start_timeout_s,
                call_timeout_s=self._config.call_timeout_s,
                secrets=sdk_config.secrets(self._sdk_config),
            ),
            on_end,
        )


def _plates(answer: Mapping[str, Any], pixels: Pixels) -> list[Plate]:
    if not answer["ok"]:
        return []
    try:
        return results.plates(answer["json"], pixels.width, pixels.height)
    except results.ResultFormatError as error:
        raise WorkerError(str(error)) from error


def _check_installed() -> None:
    if not ultimate.is_installed():
        raise EngineMissingError(diagnosis.MISSING)
