"""The work on an upload: wait for a slot, decode the image, then read it or draw the grid on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alpr import images, overlay
from alpr.engines.base import Engine
from alpr.errors import RequestError, SettingsError
from alpr.grid import Grid
from alpr.ignore_areas import IgnoreAreas
from alpr.overlay import Drawing
from alpr.recognition import Result, decode_for, recognise
from alpr.service.admission import Slots, slot_count
from alpr.service.metrics import Metrics
from alpr.settings import Settings
from alpr.stages import recorded, stage
from alpr.wire.bodies import BodyReader
from alpr.wire.uploads import Upload


class Service:
    """One engine behind its slots and queue; safe to call from many threads.

    ``bodies`` reads a request's body, and ``metrics`` counts what becomes of it.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Raises :class:`SettingsError` where the default grid or a format is invalid."""
        try:
            Grid.from_request({}, settings.grid_defaults)
            IgnoreAreas.parse(settings.ignore_areas)
            self._format_rules = settings.format_rules
        except RequestError as error:
            raise SettingsError(str(error)) from error
        images.prepare(settings.image_limits)
        self._image_limits = settings.image_limits
        self._grid_defaults = settings.grid_defaults
        self._engine = engine
        self._slots = Slots(slot_count(settings.slots, engine), settings.queue)
        self.bodies = BodyReader(settings.form_limits)
        self.metrics = Metrics(engine, self._slots)

    def recognise(self, upload: Upload, started: float) -> Result:
        """The plates on the upload; ``started`` is when its request began, by ``perf_counter``.

        Raises :class:`RequestError` and :class:`EngineError`.
        """
        grid = Grid.from_request(upload.values, self._grid_defaults)
        ignore = self._ignore_areas(upload)
        rules = self._format_rules.with_request(upload.values)
        with self._slot():
            with stage("decode"):
                image = decode_for(self._engine, grid, upload.pop_image(), self._image_limits)
            result = recognise(self._engine, image, grid, started, ignore, rules)
        self.metrics.count_result(result)
        return result

    def draw_grid(self, upload: Upload) -> Drawing:
        """The image with its grid, for choosing cells; raises :class:`RequestError`.

        It waits for a slot as a read does, because the decoded image takes as much memory.
        """
        grid = Grid.from_request(upload.values, self._grid_defaults)
        ignore = self._ignore_areas(upload)
        with self._slot():
            with stage("decode"):
                image = images.decode(upload.pop_image(), self._image_limits)
            return overlay.render(image, grid, ignore)

    def _ignore_areas(self, upload: Upload) -> IgnoreAreas:
        """The areas of a request; its own, if it names any, replace the setting's."""
        text = upload.values.get("ignore_areas", "").strip()
        return IgnoreAreas.parse(text or self._grid_defaults.ignore_areas)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Holds a slot and counts the time of its stages, also of those that fail."""
        with self._slots.acquire(), recorded() as seconds:
            try:
                yield
            finally:
                self.metrics.observe_stages(seconds)
