"""An image as the SDK takes it, and the memory that it is shared through."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass

from PIL.Image import Image

from alpr.engines.ultimate.worker import CHANNELS
from alpr.errors import EngineError

TYPES = {"RGB": "RGB24", "RGBA": "RGBA32", "L": "Y"}
"""Pillow's modes that the SDK knows; every other is converted to RGB."""
STEP = 1 << 20
"""Shared memory grows by whole steps, in bytes, so that it grows rarely."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Packed rows of one upright image; ``kind`` is the SDK's name of their order."""

    kind: str
    data: bytes
    width: int
    height: int

    @classmethod
    def of(cls, image: Image) -> Pixels:
        """Raises :class:`EngineError` should Pillow's bytes not be as many as the SDK reads."""
        if image.mode not in TYPES:
            image = image.convert("RGB")
        kind, (width, height), data = TYPES[image.mode], image.size, image.tobytes()
        if len(data) != width * height * CHANNELS[kind]:
            raise EngineError(f"{len(data)} bytes are no {kind} of {width}x{height}")
        return cls(kind, data, width, height)


class SharedMemory:
    """Bytes that a child process can see; they are gone with their last file descriptor.

    A memory file has no name, so nothing can be left behind, whichever process dies first, and it
    does not count against the small ``/dev/shm`` of a container.
    """

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("alpr-pixels")
        self._map: mmap.mmap | None = None

    def put(self, data: bytes) -> None:
        room = self._map
        if room is None or len(room) < len(data):
            room = self._map = self._grown(len(data))
        room[: len(data)] = data

    def close(self) -> None:
        if self._map is not None:
            self._map.close()
            self._map = None
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _grown(self, size: int) -> mmap.mmap:
        size = -(-size // STEP) * STEP
        os.ftruncate(self.descriptor, size)
        if self._map is not None:
            self._map.close()
        return mmap.mmap(self.descriptor, size)
