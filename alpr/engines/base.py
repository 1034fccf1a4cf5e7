"""The protocol that every engine implements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PIL.Image import Image

from alpr.plates import Box, Plate


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """An engine at one moment.

    ``device`` is what it runs on (``CPU``). ``calls`` counts the images and cells it was given
    since the program started. ``last_error`` is one line: why it is not ready, or what last went
    wrong; empty if nothing did. ``facts`` are counters that only some engines have, by the names
    that the health routes show: ``restarts`` and ``refusals`` of ultimateALPR.
    """

    name: str
    ready: bool
    device: str
    calls: int = 0
    last_error: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)


class Engine(Protocol):
    """Reads plates. Making one costs nothing: it loads at ``warm_up`` or at the first read.

    Every method may be called from any thread at any time. What goes wrong in a read is raised as
    :class:`alpr.errors.EngineError`.

    An engine that reads one image at a time derives from this class and keeps the defaults of
    ``reads_at_once``, ``enough_px`` and ``read_cells``; one that can batch writes its own.
    """

    @property
    def reads_at_once(self) -> int:
        """How many reads, with the decoding before each, use the engine best.

        The default is 2: while one image is read, the next is decoded.
        """
        return 2

    @property
    def enough_px(self) -> int:
        """How long an image's longest side must be for a first look at it, in pixels.

        The default is 0: a read needs all pixels. An engine with a smaller need asks
        :func:`alpr.images.reducible.at` for the pixels that it uses.
        """
        return 0

    @abstractmethod
    def read(self, image: Image) -> list[Plate]:
        """The plates on an upright RGB image, in its pixels, in any order."""
        ...

    def read_cells(self, image: Image, cells: Sequence[Box]) -> list[Plate]:
        """The plates inside these parts of the image, in pixels of the whole image."""
        return [
            plate.shift(cell.x_min, cell.y_min)
            for cell in cells
            for plate in self.read(image.crop(cell.corners))
        ]

    @abstractmethod
    def status(self) -> EngineStatus:
        """The state at this moment; never blocks."""
        ...

    @abstractmethod
    def warm_up(self) -> None:
        """Loads what a read needs; returns once the next read is as fast as any other."""
        ...

    @abstractmethod
    def close(self) -> None:
        """Releases everything; closing twice is allowed."""
        ...
