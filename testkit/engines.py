"""Engines that do as a test tells them, and the plates that they find."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.plates import Box, Plate

Script = Sequence[list[Plate] | EngineError]
"""What a fake engine finds or raises, one entry a call."""


class BrokenEngine(FakeEngine):
    """An engine with a bug, whose message no client may read."""

    def read(self, image: Image.Image) -> list[Plate]:
        raise RuntimeError(f"secret of {__file__}")


def make_plate(
    text: str = "ABC123", confidence: float = 0.9, left: int = 10, top: int = 20
) -> Plate:
    """A plate of 60 x 20 pixels."""
    return Plate(text, confidence, Box(left, top, left + 60, top + 20))
