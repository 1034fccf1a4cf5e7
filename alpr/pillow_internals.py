"""The parts of Pillow that are not its public interface, each behind one function.

They save memory and say why a file was refused; Pillow offers no public way to either. They may
change with any major version, so another one is refused until the tests have passed with it.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
from collections.abc import Callable
from typing import Any

import PIL
from PIL import Image, ImageFile

TESTED_MAJORS = (12, 13)
"""Pillow's major versions that the tests have passed with; requirements.txt says the same."""

PREFIX_BYTES = 16
"""How many of a file's first bytes Pillow hands to a format's check."""

FILLS_GIVEN_MEMORY = ("JPEG", "MPO", "PNG", "BMP", "TIFF")
"""Formats whose plugins decode into memory that is there already."""

BYTES_PER_PIXEL = {"L": 1, "P": 1, "RGB": 4, "RGBA": 4, "CMYK": 4, "YCbCr": 4, "I": 4, "F": 4}
"""How Pillow lays out these modes in memory."""

LARGE_PAGE_BYTES = 2 << 20
"""The size of Linux's large pages. Memory of a multiple of it begins at such a page's start."""

if int(PIL.__version__.partition(".")[0]) not in TESTED_MAJORS:
    raise ImportError(
        f"Pillow {PIL.__version__} is installed, which alpr_api was not tested with; "
        "install the version that requirements.txt asks for"
    )


def has_known_prefix(data: bytes, formats: tuple[str, ...]) -> bool:
    """Whether the first bytes are those of one of these formats."""
    Image.init()  # It loads the plugins once, and then does nothing.
    checks = (Image.OPEN[name][1] for name in formats)
    return any(check is not None and check(data[:PREFIX_BYTES]) is True for check in checks)


def load_into_private_memory(image: ImageFile.ImageFile) -> mmap.mmap | None:
    """Decodes an image that is not loaded yet into memory that the caller may give back in parts.

    The value is that memory, row by row, with BYTES_PER_PIXEL, and some more at its end; None if
    the mode or the plugin wants memory of its own, and the image is loaded there.
    """
    memory = None
    # TIFF's plugin turns an image itself, and needs the size before that.
    is_turned = getattr(image, "_tile_size", image.size) != image.size
    if image.format in FILLS_GIVEN_MEMORY and image.mode in BYTES_PER_PIXEL and not is_turned:
        pages = -(-image.width * image.height * BYTES_PER_PIXEL[image.mode] // LARGE_PAGE_BYTES)
        size = pages * LARGE_PAGE_BYTES
        # Shared pages would not go back to the system.
        memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if sys.platform == "linux":
            # They take a third of the time that as many bytes take in pages of 4 kB.
            with contextlib.suppress(OSError):  # A kernel without them.
                memory.madvise(mmap.MADV_HUGEPAGE)
        image.im = _mapped(memory, image.mode, image.size)
    image.load()
    return memory


def rgb_over(memory: mmap.mmap, size: tuple[int, int]) -> Image.Image:
    """A mode RGB image whose pixels are this memory, four bytes each, row by row."""
    image = Image.new("RGB", (0, 0))
    image.im = _mapped(memory, "RGB", size)
    image._size = size
    return image


class LazyRgb(Image.Image):
    """A mode RGB image whose pixels come of a function when they are first used."""

    def __init__(self, size: tuple[int, int], decode: Callable[[], Image.Image]) -> None:
        super().__init__()
        self._mode, self._size = "RGB", size
        self._decode: Callable[[], Image.Image] | None = decode

    @property
    def is_loaded(self) -> bool:
        return self._decode is None

    def load(self) -> Any:
        """Pillow's methods call this before they use pixels, as for files that it opens itself."""
        if self._decode is not None:
            self.im, self._decode = self._decode().im, None
        return super().load()


def _mapped(memory: mmap.mmap, mode: str, size: tuple[int, int]) -> Any:
    # Pillow's public frombuffer does the same, but for fewer modes.
    return Image.core.map_buffer(memory, size, "raw", 0, (mode, 0, 1))  # type: ignore[attr-defined]
