"""Upload bytes to an upright RGB image: the only place that decodes what strangers send.

The order matters: a format allow-list, then the size in the header, and only then the pixels, so
that half a megabyte which claims 169 megapixels costs nothing.
"""

from __future__ import annotations

import io
import mmap
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from alpr.errors import FormatError, ImageError, TooLargeError
from alpr.settings.limits import ImageLimits

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
"""What is opened, whatever the file is called; JPEG takes in MPO, the pictures of many phones.
EPS and its like are not pictures but programs."""

DAMAGE = (OSError, SyntaxError, ValueError, RuntimeError, TypeError)
"""What Pillow's decoders raise on hostile files, as found by mutating files of each format."""

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation. Pillow's own ``exif_transpose`` also writes the other tags
anew, and fails where a camera filled one of them with nonsense."""

SIDEWAYS = {Image.Transpose[n] for n in ("TRANSPOSE", "TRANSVERSE", "ROTATE_90", "ROTATE_270")}
LAST_FIRST = {
    Image.Transpose[n] for n in ("FLIP_TOP_BOTTOM", "TRANSVERSE", "ROTATE_180", "ROTATE_270")
}
"""The turns that make rows columns, and those after which the last row comes first."""

WHITE = (255, 255, 255)

LARGE = 16_000_000
"""Pixels above which memory counts more than a tenth of a second."""

STRIP = 100_000
"""Pixels worked on at once where whole pictures take too much memory."""

KEPT_BLOCKS = 4
"""Blocks of 16 MB that Pillow keeps for the next picture; three hold a 3840 x 2160 frame. Memory
fetched anew from the system for each frame costs half as much again as decoding it."""


def prepare(limits: ImageLimits) -> None:
    """Sets Pillow's process-wide limits; once, before the first :func:`decode`.

    Our own check in :func:`decode` comes first and says more; Pillow's also covers the frames and
    thumbnails that a file holds besides.
    """
    Image.MAX_IMAGE_PIXELS = limits.max_megapixels * 1_000_000
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    Image.core.set_blocks_max(KEPT_BLOCKS)  # type: ignore[attr-defined]  # documented, untyped
    Image.init()


def decode(data: bytes, limits: ImageLimits) -> Image.Image:
    """The picture in these bytes: its first frame, upright by its EXIF orientation, mode RGB.

    Raises :class:`FormatError` for bytes of no supported format, :class:`TooLargeError` for too
    many pixels, and :class:`ImageError` for an image that is damaged or too small.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image, limits)
        if image.format in ("JPEG", "MPO") and image.width * image.height > LARGE:
            return _large(image)
        rgb = _as_rgb(image)
        turn = _turn(image)
        return rgb if turn is None else rgb.transpose(turn)
    except BOMBS as error:
        raise TooLargeError(_too_many_pixels(limits)) from error
    except UnidentifiedImageError as error:
        if _looks_supported(data):
            raise ImageError("the image is damaged: its header cannot be read") from error
        raise FormatError(f"not an image of a supported format ({', '.join(FORMATS)})") from error
    except DAMAGE as error:
        raise ImageError("the image is damaged or cut short and cannot be read") from error


def _check_size(image: Image.Image, limits: ImageLimits) -> None:
    width, height = image.size
    if min(width, height) < limits.min_side:
        raise ImageError(
            f"the image is {width} x {height} pixels; "
            f"at least {limits.min_side} x {limits.min_side} are needed"
        )
    if max(width, height) > limits.max_side:
        raise TooLargeError(
            f"the image is {width} x {height} pixels; its longest side may be {limits.max_side}"
        )
    if width * height > limits.max_megapixels * 1_000_000:
        raise TooLargeError(_too_many_pixels(limits))


def _too_many_pixels(limits: ImageLimits) -> str:
    return f"the image has more than {limits.max_megapixels} megapixels; send a smaller one"


def _looks_supported(data: bytes) -> bool:
    """Whether the first bytes are those of a format that we open: damage, then, not a stranger."""
    accepts = (Image.OPEN[name][1] for name in FORMATS)
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What makes it upright by its EXIF orientation, if it is not."""
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _large(image: ImageFile.ImageFile) -> Image.Image:
    """A large JPEG, upright and RGB, of which no second copy is ever whole.

    Where it must be turned, or is CMYK, it is decoded into memory of ours, which goes back to the
    system strip by strip while the new picture grows.
    """
    turn = _turn(image)
    if turn is None and image.mode != "CMYK":
        return _as_rgb(image)
    # Blocks kept for the next picture would be filled with zeroes as a whole, and at once.
    Image.core.clear_cache()  # type: ignore[attr-defined]  # documented, untyped
    # RGBX is how Pillow lays out RGB; only under this name may the memory be another's.
    mode = "RGBX" if image.mode == "RGB" else image.mode
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # shared memory would not go back
    pixels = mmap.mmap(-1, image.width * image.height * len(mode), private)
    image._mode = mode
    shared: Any = pixels  # Pillow's types do not know that any buffer will do
    image.im = Image.frombuffer(mode, image.size, shared, "raw", mode, 0, 1).im
    image.load()
    size = image.size if turn not in SIDEWAYS else (image.height, image.width)
    upright = Image.new("RGB", size, None)
    for top, strip in _strips(image):
        done = top + strip.height
        along = image.height - done if turn in LAST_FIRST else top
        rgb = strip.convert("RGB")
        turned = rgb if turn is None else rgb.transpose(turn)
        upright.paste(turned, (along, 0) if turn in SIDEWAYS else (0, along))
        whole_pages = done * image.width * len(mode) // mmap.PAGESIZE * mmap.PAGESIZE
        pixels.madvise(mmap.MADV_DONTNEED, 0, whole_pages)
    return upright


def _as_rgb(image: Image.Image) -> Image.Image:
    """Mode RGB; what shows through transparency is white, deep greys keep their upper bits."""
    if image.mode == "RGB":
        image.load()
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        return _stretched(image).convert("RGB")
    if image.has_transparency_data:
        layered = image if image.mode == "RGBA" else image.convert("RGBA")
        opaque = Image.new("RGB", image.size, WHITE)
        opaque.paste(layered, mask=layered.getchannel("A"))
        return opaque
    return image.convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Greys of unknown range (mode I or F) from darkest 0 to brightest 255, in mode L.

    In strips, for as a whole fifty megapixels took 800 MB, in several copies of four bytes each.
    """
    ranges = [(float(greys.min()), float(greys.max())) for _, greys in _greys(image)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    stretched = np.empty((image.height, image.width), np.uint8)
    with np.errstate(over="ignore", invalid="ignore"):
        for top, greys in _greys(image):
            levels = (greys - low) * (255 / max(high - low, 1e-9))
            stretched[top : top + len(greys)] = levels.astype(np.uint8)
    return Image.fromarray(stretched)


def _greys(image: Image.Image) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Its strips as numbers, of which none is infinite."""
    for top, strip in _strips(image):
        greys = np.array(strip, dtype=np.float32)
        np.nan_to_num(greys, copy=False, posinf=0, neginf=0)
        yield top, greys


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Its rows from top to bottom, some at a time, with the first one's number."""
    height = max(1, STRIP // image.width)
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))
