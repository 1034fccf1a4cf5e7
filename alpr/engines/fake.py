"""An engine without a model: it answers what its script says.

It is for tests, and for those who integrate a client and have no camera at hand.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from PIL.Image import Image

from alpr.engines.base import Engine, EngineStatus
from alpr.errors import EngineError
from alpr.plates import Box, Plate


class FakeEngine(Engine):
    """Finds one plate in the middle of every image, or what ``script`` says.

    ``script`` holds one answer for each call, in order; its last answer is repeated. An answer is
    a list of plates, or an :class:`EngineError` to raise. ``delay_s`` is how long a read takes.
    """

    def __init__(
        self, script: Sequence[list[Plate] | EngineError] = (), delay_s: float = 0
    ) -> None:
        self._script = list(script)
        self._delay_s = delay_s
        self._lock = threading.Lock()
        self._calls = 0
        self._ready = False

    def read(self, image: Image) -> list[Plate]:
        self.warm_up()
        with self._lock:
            answer = self._script[min(self._calls, len(self._script) - 1)] if self._script else None
            self._calls += 1
        if self._delay_s:  # Even a sleep of zero seconds yields the processor.
            time.sleep(self._delay_s)
        if isinstance(answer, EngineError):
            raise answer
        return [_plate_in_the_middle(image)] if answer is None else answer

    def status(self) -> EngineStatus:
        return EngineStatus("fake", ready=self._ready, device="CPU", calls=self._calls)

    def warm_up(self) -> None:
        self._ready = True

    def close(self) -> None:
        self._ready = False


def _plate_in_the_middle(image: Image) -> Plate:
    width, height = image.size
    box = Box.clamp(
        width * 0.4, height * 0.45, width * 0.6, height * 0.55, width=width, height=height
    )
    return Plate("FAKE123", 0.9, box, 0.95, (0.9,) * 7)
