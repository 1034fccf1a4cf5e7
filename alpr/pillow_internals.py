"""The parts of Pillow that are not its public interface, each behind one function.

They save memory and say why a file was refused; Pillow offers no public way to either. They may
change with any major version, so another one is refused until the tests have passed with it.
"""

from __future__ import annotations

import mmap
from typing import Any

import PIL
from PIL import Image, ImageFile

TESTED_MAJORS = (12, 13)
"""Pillow's major versions that the tests have passed with; requirements.txt says the same."""

PREFIX_BYTES = 16
"""How many of a file's first bytes Pillow hands to a format's check."""

if int(PIL.__version__.partition(".")[0]) not in TESTED_MAJORS:
    raise ImportError(
        f"Pillow {PIL.__version__} is installed, which alpr_api was not tested with; "
        "install the version that requirements.txt asks for"
    )


def keep_blocks(count: int) -> None:
    """Lets Pillow keep up to ``count`` freed memory blocks of 16 MB for the next image."""
    Image.core.set_blocks_max(count)  # type: ignore[attr-defined]  # untyped


def free_kept_blocks() -> None:
    """Gives the kept blocks back to the system."""
    Image.core.clear_cache()  # type: ignore[attr-defined]  # untyped


def has_known_prefix(data: bytes, formats: tuple[str, ...]) -> bool:
    """Whether the first bytes are those of one of these formats; needs ``Image.init()``."""
    checks = (Image.OPEN[name][1] for name in formats)
    return any(check is not None and check(data[:PREFIX_BYTES]) is True for check in checks)


def load_into_private_memory(image: ImageFile.ImageFile) -> mmap.mmap:
    """Decodes an image that is not loaded yet into memory that the caller may give back in parts.

    The value is that memory, row by row, with ``len(image.mode)`` bytes a pixel. The mode RGB
    becomes RGBX: Pillow lays out both alike, but takes foreign memory only under the second name.
    """
    mode = "RGBX" if image.mode == "RGB" else image.mode
    # Shared pages would not go back to the system.
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, image.width * image.height * len(mode), private)
    buffer: Any = memory  # Pillow's types do not know that any buffer will do.
    image._mode = mode
    image.im = Image.frombuffer(mode, image.size, buffer, "raw", mode, 0, 1).im
    image.load()
    return memory
