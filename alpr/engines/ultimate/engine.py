"""ultimateALPR behind the house's protocol: a supervised process, asked for one image at a time."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from PIL.Image import Image

from alpr.engines import ultimate
from alpr.engines.base import CellByCell, EngineStatus
from alpr.engines.ultimate import diagnosis, results, sdk_config
from alpr.engines.ultimate.pixels import Pixels
from alpr.engines.ultimate.process import Order, Worker, WorkerError
from alpr.engines.ultimate.supervisor import Policy, Supervisor
from alpr.errors import EngineError, EngineMissingError
from alpr.folders import bundle_folder, program_folder
from alpr.plates import Plate
from alpr.settings import Settings
from alpr.stages import stage

log = logging.getLogger(__name__)

REFUSAL = re.compile(r"licen[sc]e\W+doesn\W?t\W+allow", re.IGNORECASE)
"""How the unlicensed SDK says that it has read enough (issue 109 of its repository)."""


class UltimateEngine(CellByCell):
    """The vendor's SDK. One image is read at a time, whichever thread asks, in order of arrival.

    A worker that dies, hangs or answers nonsense is replaced, and the image in hand is tried once
    more. Bad keys in ``settings.json_config`` raise :class:`alpr.errors.SettingsError` here.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._config = _absolute(sdk_config.complete(settings.json_config))
        self._supervisor = Supervisor(
            self._launch,
            Policy(settings.restart_after_calls, settings.restart_after_seconds, settings.standby),
        )
        self._count = threading.Lock()
        self._image_types: tuple[str, ...] = ("RGB24",)
        self._calls = 0
        self.refusals = 0
        """How often the trial counter refused an image."""

    def read(self, image: Image) -> list[Plate]:
        """The plates on an image of any mode; RGB, RGBA and L are passed on as they are."""
        _check_installed()
        pixels = Pixels.of(image)
        with self._count:
            self._calls += 1
            if pixels.kind not in self._image_types:
                self._image_types = (*self._image_types, pixels.kind)
        try:
            return self._attempt(pixels)
        except WorkerError as error:
            log.warning("%s; the image is tried once more", error)
            return self._attempt(pixels)

    def status(self) -> EngineStatus:
        """``device`` is the one asked for: the SDK falls back to the CPU without a word."""
        supervisor, config = self._supervisor, self._config
        missing = "" if ultimate.is_installed() else diagnosis.MISSING
        return EngineStatus(
            "ultimate",
            ready=supervisor.ready,
            device=config["openvino_device"] if config["openvino_enabled"] else "CPU",
            calls=self._calls,
            restarts=max(0, supervisor.starts - 1),
            last_error=supervisor.last_error or missing,
            refusals=self.refusals,
        )

    def warm_up(self) -> None:
        _check_installed()
        self._supervisor.wait_until_ready()

    def close(self) -> None:
        self._supervisor.close()

    def _attempt(self, pixels: Pixels) -> list[Plate]:
        with self._supervisor.lend() as worker:
            with stage("detect"):  # It finds and reads in one, and does not say how long each took.
                answer = worker.call(pixels)
            if REFUSAL.search(answer["phrase"]):
                raise self._refusal(answer["phrase"])
            if not answer["ok"]:
                raise WorkerError(f"ultimateALPR answered {answer['code']}: {answer['phrase']}")
            try:
                return results.plates(answer["json"], pixels.width, pixels.height)
            except results.GarbledError as error:
                raise WorkerError(str(error)) from error

    def _refusal(self, phrase: str) -> EngineError:
        with self._count:
            self.refusals += 1
        story = f"ultimateALPR's trial reads no more until it is started anew: {phrase}"
        return WorkerError(story) if self._settings.restart_on_refusal else EngineError(story)

    def _launch(self, on_end: Callable[[], None]) -> Worker:
        wrong = diagnosis.preflight()
        if wrong:
            raise WorkerError(f"ultimateALPR cannot run: {wrong}")
        config = self._config
        if self._supervisor.failing and "debug_level" not in self._settings.json_config:
            # At its usual level the SDK keeps to itself why it does not start. At this one it
            # does not print its configuration yet, which holds the licence.
            config = {**config, "debug_level": "error"}
        order = Order(
            config=config,
            image_types=self._image_types,
            start_timeout_s=self._settings.start_timeout_s,
            call_timeout_s=self._settings.call_timeout_s,
            secrets=sdk_config.secrets(self._config),
        )
        return Worker(order, on_end)


def _check_installed() -> None:
    if not ultimate.is_installed():
        raise EngineMissingError(diagnosis.MISSING)


def _absolute(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys with whole paths: the worker runs in a folder of its own choice."""
    paths = {
        name: str(program_folder() / config[name])
        for name in ("license_token_file", "debug_internal_data_path")
        if config.get(name)
    }
    assets = program_folder() / config.get("assets_folder", bundle_folder() / "assets")
    return {**config, **paths, "assets_folder": str(assets)}
