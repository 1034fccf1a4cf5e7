"""An image as the SDK takes it, and the memory that it is shared through."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass

from PIL.Image import Image

from alpr.engines.ultimate.worker_main import BYTES_PER_PIXEL
from alpr.errors import EngineError

STEP_BYTES = 1 << 20
"""Shared memory grows in steps of this size, so that it grows rarely."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Packed RGB rows of one upright image."""

    data: bytes
    width: int
    height: int

    @classmethod
    def of(cls, image: Image) -> Pixels:
        """Raises :class:`EngineError` if Pillow's bytes are not as many as the SDK reads."""
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        (width, height), data = rgb.size, rgb.tobytes()
        if len(data) != width * height * BYTES_PER_PIXEL:
            raise EngineError(f"{len(data)} bytes are no RGB image of {width}x{height}")
        return cls(data, width, height)


class SharedMemory:
    """Bytes that a child process can see; they are gone with their last file descriptor.

    A memory file has no name, so nothing is left behind, whichever process dies first. It does not
    count against a container's small ``/dev/shm``.
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
        size = -(-size // STEP_BYTES) * STEP_BYTES
        os.ftruncate(self.descriptor, size)
        if self._map is not None:
            self._map.close()
        return mmap.mmap(self.descriptor, size)
