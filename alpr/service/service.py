"""What is done with an upload: a slot is taken, the picture decoded, and then read or drawn on."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PIL.Image import Image

from alpr import grid, images, overlay
from alpr.engines.base import Engine
from alpr.errors import RequestError, SettingsError
from alpr.grid import Grid, Search
from alpr.service import admission
from alpr.service.admission import Slots
from alpr.service.metrics import Metrics
from alpr.settings import Settings
from alpr.stages import recorded, stage
from alpr.wire.codeproject import Drawing, Timing
from alpr.wire.uploads import Upload


class Service:
    """One engine and the slots before it; may be asked by any thread."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Raises :class:`SettingsError` where the default grid makes no sense."""
        try:
            Grid.asked({}, settings.grid_defaults)
        except RequestError as error:
            raise SettingsError(str(error)) from error
        images.prepare(settings.image_limits)
        self._image_limits = settings.image_limits
        self._grid_defaults = settings.grid_defaults
        self._engine = engine
        self.slots = Slots(admission.slot_count(settings.slots, engine), settings.queue)
        self.metrics = Metrics(engine, self.slots)

    def search(self, upload: Upload) -> tuple[Search, Timing]:
        """The plates, and how long it took from here, with the wait for a slot.

        Raises :class:`RequestError` and :class:`EngineError`.
        """
        started = time.perf_counter()
        chosen = Grid.asked(upload.values, self._grid_defaults)
        with self._working():
            image = self._decoded(upload)
            found = grid.search(self._engine, image, chosen)
        self.metrics.found(found)
        spent = time.perf_counter() - started
        return found, Timing(round(found.seconds * 1000), round(spent * 1000))

    def draw(self, upload: Upload) -> Drawing:
        """The picture with its grid, for choosing cells; raises as :meth:`search` does."""
        chosen = Grid.asked(upload.values, self._grid_defaults)
        with self._working():
            image = self._decoded(upload)
            overlay.draw(image, chosen)
            mime, encoded = overlay.encode(image)
        width, height = image.size
        del image  # Its text, in several copies, may be as large.
        picture = f"data:{mime};base64,{base64.b64encode(encoded).decode()}"
        return Drawing(picture, width, height, chosen)

    @contextmanager
    def _working(self) -> Iterator[None]:
        """A slot, and account of what is spent in it, also where it fails."""
        with self.slots.acquire(), recorded() as spent:
            try:
                yield
            finally:
                self.metrics.spent(spent)

    def _decoded(self, upload: Upload) -> Image:
        with stage("decode"):
            return images.decode(upload.take_image(), self._image_limits)
