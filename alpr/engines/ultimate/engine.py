"""ultimateALPR behind the engine protocol: a supervised process that reads one image at a time."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL.Image import Image

from alpr.engines import ultimate
from alpr.engines.base import Engine, EngineStatus
from alpr.engines.ultimate import diagnosis, results, sdk_config
from alpr.engines.ultimate.pixels import Pixels
from alpr.engines.ultimate.restart_policy import RestartPolicy
from alpr.engines.ultimate.supervisor import Supervisor
from alpr.engines.ultimate.worker_process import WorkerConfig, WorkerError, WorkerProcess
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Plate
from alpr.settings import Settings
from alpr.stages import stage

log = logging.getLogger(__name__)

REFUSAL = re.compile(r"licen[sc]e\W+doesn\W?t\W+allow", re.IGNORECASE)
"""How the SDK says, without a licence, that it has read enough (issue 109 of its repository)."""


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

    A worker that dies, hangs or answers garbage is replaced, and its image is tried once more. Bad
    keys in ``config.sdk`` raise :class:`alpr.errors.SettingsError` here.
    """

    def __init__(self, config: UltimateConfig) -> None:
        self._config = config
        self._sdk_config = sdk_config.with_whole_paths(sdk_config.with_defaults(config.sdk))
        self._supervisor = Supervisor(self._launch, config.restarts)
        self._lock = threading.Lock()
        self._image_types: tuple[str, ...] = ("RGB24",)
        self._calls = self._refusals = 0

    def read(self, image: Image) -> list[Plate]:
        """The plates on an image of any mode; RGB, RGBA and L are passed on as they are."""
        _check_installed()
        pixels = Pixels.of(image)
        with self._lock:
            self._calls += 1
            if pixels.image_type not in self._image_types:
                self._image_types = (*self._image_types, pixels.image_type)
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
            if REFUSAL.search(answer["phrase"]):
                raise self._refusal(answer["phrase"])
            if not answer["ok"]:
                raise WorkerError(f"ultimateALPR answered {answer['code']}: {answer['phrase']}")
            try:
                return results.plates(answer["json"], pixels.width, pixels.height)
            except results.ResultFormatError as error:
                raise WorkerError(str(error)) from error

    def _refusal(self, phrase: str) -> EngineError:
        with self._lock:
            self._refusals += 1
        message = f"ultimateALPR's trial reads no more until it is restarted: {phrase}"
        return WorkerError(message) if self._config.restart_on_refusal else EngineError(message)

    def _launch(self, on_end: Callable[[], None]) -> WorkerProcess:
        obstacle = diagnosis.preflight()
        if obstacle:
            raise WorkerError(f"ultimateALPR cannot run: {obstacle}")
        config = self._sdk_config
        if self._supervisor.failing and "debug_level" not in self._config.sdk:
            # At our usual level the SDK does not print why it fails to start. At this level it
            # does, and still does not print its configuration, which holds the licence.
            config = {**config, "debug_level": "error"}
        return WorkerProcess(
            WorkerConfig(
                sdk=config,
                image_types=self._image_types,
                start_timeout_s=self._config.start_timeout_s,
                call_timeout_s=self._config.call_timeout_s,
                secrets=sdk_config.secrets(self._sdk_config),
            ),
            on_end,
        )


def _check_installed() -> None:
    if not ultimate.is_installed():
        raise EngineMissingError(diagnosis.MISSING)
