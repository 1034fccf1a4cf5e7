"""Memory that two processes see: an image's pixels, or the bytes of a file."""

from __future__ import annotations

import mmap
import os

from PIL import Image

from alpr import pillow_internals

BYTES_PER_PIXEL = 4


def with_bytes(data: bytes) -> int:
    """The descriptor of a memory file with these bytes."""
    descriptor = os.memfd_create("alpr-upload")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    return descriptor


def with_room_for(size: tuple[int, int]) -> int:
    """The descriptor of a memory file for the pixels of an image of this size."""
    descriptor = os.memfd_create("alpr-pixels")
    os.ftruncate(descriptor, size[0] * size[1] * BYTES_PER_PIXEL)
    return descriptor


def image_over(descriptor: int, size: tuple[int, int]) -> Image.Image:
    """The RGB image of this size in a memory file, which lives as long as the image does.

    Raises :class:`ValueError` if the file is smaller than that.
    """
    memory = mmap.mmap(descriptor, size[0] * size[1] * BYTES_PER_PIXEL)
    return pillow_internals.rgb_over(memory, size)
