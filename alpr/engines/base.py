"""What every engine is to the rest of the house."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from alpr.plates import Box, Plate


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """A moment of an engine's life.

    ``device`` is what it runs on (``CPU``), ``calls`` the images and cells it was given since the
    program started, ``restarts`` how often it was started anew, ``last_error`` why it is not
    ready or what last went wrong, in one line, or empty, ``refusals`` how often a trial's counter
    refused to read.
    """

    name: str
    ready: bool
    device: str
    calls: int = 0
    restarts: int = 0
    last_error: str = ""
    refusals: int = 0


class Engine(Protocol):
    """Reads plates. Making one costs nothing: it loads at ``warm_up`` or at the first read.

    Every method may be called from any thread at any time. What goes wrong in a read is raised as
    :class:`alpr.errors.EngineError`.
    """

    @property
    def reads_at_once(self) -> int:
        """How many reads, with the decoding before each, make the best use of it."""
        ...

    def read(self, image: Image) -> list[Plate]:
        """The plates on an upright RGB image, in its pixels, in any order."""
        ...

    def read_cells(self, image: Image, cells: Sequence[Box]) -> list[Plate]:
        """The plates inside these parts of the image, in pixels of the whole image."""
        ...

    def status(self) -> EngineStatus:
        """How it is just now; never blocks."""
        ...

    def warm_up(self) -> None:
        """Loads whatever a read needs; returns once the next read is as fast as any."""
        ...

    def close(self) -> None:
        """Gives everything back; closing twice is allowed."""
        ...


class CellByCell(ABC):
    """What engines have in common that see one image at a time."""

    reads_at_once = 2
    """While one image is read, the next is decoded."""

    @abstractmethod
    def read(self, image: Image) -> list[Plate]: ...

    def read_cells(self, image: Image, cells: Sequence[Box]) -> list[Plate]:
        return [
            plate.shift(cell.x_min, cell.y_min)
            for cell in cells
            for plate in self.read(image.crop(cell.corners))
        ]
