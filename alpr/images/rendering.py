"""From an opened file to an upright RGB image, whatever its mode and orientation."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile

from alpr import pillow_internals

EXIF_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to the operation that makes the image upright. Pillow's own ``exif_transpose``
also writes the other tags back, and fails where a camera filled one of them with nonsense."""

SWAPS_SIDES = {Image.Transpose[n] for n in ("TRANSPOSE", "TRANSVERSE", "ROTATE_90", "ROTATE_270")}
"""Operations that make rows columns."""

LAST_ROW_FIRST = {
    Image.Transpose[n] for n in ("FLIP_TOP_BOTTOM", "TRANSVERSE", "ROTATE_180", "ROTATE_270")
}
"""Operations after which the last row is the first row or column."""

WHITE = (255, 255, 255)

KEPT_PIXELS = 2_200_000
"""Pixels for which malloc keeps the memory for the next image, see ``alpr/server/memory.py``. That
of larger ones goes back to the system, which is fast in large pages."""

LARGE_PIXELS = 16_000_000
"""Files with more pixels are decoded into memory that is given back while the result grows."""

STRIP_PIXELS = 100_000
"""Pixels per step where an operation on the whole image would take too much memory."""


def upright_rgb(image: ImageFile.ImageFile) -> Image.Image:
    """A file's first frame, upright and RGB, in up to three copies at once."""
    if sys.platform == "linux" and image.width * image.height > KEPT_PIXELS:
        pillow_internals.load_into_private_memory(image)
    else:
        image.load()
    operation = _exif_transpose(image)
    rgb = _as_rgb(image)
    return rgb if operation is None else rgb.transpose(operation)


def render_in_strips(
    image: ImageFile.ImageFile,
    new_image: Callable[[tuple[int, int]], Image.Image],
    on_loaded: Callable[[], None] = lambda: None,
) -> Image.Image:
    """As :func:`upright_rgb`, with the result in an image of the caller's and no other copy.

    ``new_image`` makes an RGB image of a size. ``on_loaded`` is called between the decoder, which
    hostile bytes can lead astray, and this module's own work.
    """
    memory, row_bytes = None, pillow_internals.BYTES_PER_PIXEL.get(image.mode, 0) * image.width
    if image.width * image.height > LARGE_PIXELS:
        memory = pillow_internals.load_into_private_memory(image)
    else:
        image.load()
    on_loaded()
    operation = _exif_transpose(image)
    to_rgb = _converter(image)
    swaps_sides = operation in SWAPS_SIDES
    upright = new_image((image.height, image.width) if swaps_sides else image.size)
    for top, strip in _strips(image):
        bottom = top + strip.height
        offset = image.height - bottom if operation in LAST_ROW_FIRST else top
        rgb = to_rgb(strip)
        turned = rgb if operation is None else rgb.transpose(operation)
        upright.paste(turned, (offset, 0) if swaps_sides else (0, offset))
        if memory is not None:
            done_bytes = row_bytes * bottom
            memory.madvise(mmap.MADV_DONTNEED, 0, done_bytes // mmap.PAGESIZE * mmap.PAGESIZE)
    return upright


def _exif_transpose(image: Image.Image) -> Image.Transpose | None:
    """The operation that makes the image upright; None if it is upright or says nothing."""
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return EXIF_TRANSPOSE.get(orientation) if isinstance(orientation, int) else None


def _as_rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else _converter(image)(image)


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What makes the image, or strips of it, mode RGB.

    Transparent parts become white, and 16-bit greys keep their upper 8 bits.
    """
    if image.mode.startswith("I;16"):
        return lambda strip: Image.fromarray(_upper_bits(strip)).convert("RGB")
    if image.mode in ("I", "F"):
        low, high = _range(image)
        return lambda strip: _stretched(strip, low, high).convert("RGB")
    if image.mode != "RGB" and image.has_transparency_data:
        return _on_white
    return lambda strip: strip.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    layered = image if image.mode == "RGBA" else image.convert("RGBA")
    opaque = Image.new("RGB", image.size, WHITE)
    opaque.paste(layered, mask=layered.getchannel("A"))
    return opaque


def _upper_bits(image: Image.Image) -> NDArray[np.uint8]:
    return (np.asarray(image) >> 8).astype(np.uint8)


def _range(image: Image.Image) -> tuple[float, float]:
    """The darkest and the brightest grey of an image in mode I or F."""
    strips = (_greys(strip) for _, strip in _strips(image))
    ranges = [(float(greys.min()), float(greys.max())) for greys in strips]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _stretched(image: Image.Image, low: float, high: float) -> Image.Image:
    """Greys of mode I or F in mode L: ``low`` becomes 0 and ``high`` 255."""
    with np.errstate(over="ignore", invalid="ignore"):
        levels = (_greys(image) - low) * (255 / max(high - low, 1e-9))
        return Image.fromarray(levels.astype(np.uint8))


def _greys(image: Image.Image) -> NDArray[np.float32]:
    """Grey values, (rows, columns), all of them finite."""
    greys = np.array(image, dtype=np.float32)
    np.nan_to_num(greys, copy=False, posinf=0, neginf=0)
    return greys


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The image in strips of about STRIP_PIXELS from top to bottom, each with its first row."""
    height = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))
