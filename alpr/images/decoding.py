"""Pillow's decoders, with the checks before them and their failures as our errors.

The order matters: first a list of allowed formats, then the size in the header and the memory that
the format needs for it, and only then the pixels.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image, ImageFile, UnidentifiedImageError

from alpr import pillow_internals
from alpr.errors import ImageError, TooLargeError
from alpr.images import heif, memory_cost
from alpr.images.rendering import upright_rgb
from alpr.settings.limits import ImageLimits

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
"""Formats that are opened, whatever the file is called. JPEG includes MPO, which many phones write.
EPS and its like are left out because they are programs. HEIC comes on top where it is installed."""

DECODER_ERRORS = (
    OSError,  # Pillow's own word for damage, and EOF in its readers
    SyntaxError,  # a header that a plugin does not accept
    ValueError,  # a plugin's check; text that is no Unicode
    RuntimeError,  # libwebp and libavif
    TypeError,  # a tag of another type than its plugin expects
    EOFError,  # the first frame is missing
    struct.error,  # a header that ends within a number
    zlib.error,  # a compressed PNG chunk
    ArithmeticError,  # OverflowError for sizes, ZeroDivisionError for resolutions of TIFF
    LookupError,  # KeyError for an unknown compression, IndexError for a missing palette or frame
    AttributeError,  # a part that a file lacks, e.g. a palette PNG without its palette
    AssertionError,  # the same in Pillow 13, which states what it takes for granted
)
"""What Pillow raises on hostile files, found by mutating files of each format with the oldest and
the newest version allowed. Its plugins are Python and check little, so nearly any error of Python's
may come of a file; only here, where nothing but Pillow runs, does each of them mean damage."""

BOMB_ERRORS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

END_OF_IMAGE = b"\xff\xd9"
"""The marker that ends a JPEG (ITU-T T.81, B.1.1.3)."""

MIN_ROWS = 0.2
"""Fraction of a truncated JPEG's rows that must have come for the image to be used."""

Render = Callable[[ImageFile.ImageFile], Image.Image]
"""From an opened file, which is not loaded yet, to an upright RGB image."""


class Decoded(NamedTuple):
    """An upright RGB image, and whether the file ended before its last row."""

    image: Image.Image
    is_truncated: bool


class DamagedError(ImageError):
    """A decoder gave up: the image is damaged, or ends early."""


def prepare(limits: ImageLimits) -> None:
    """Sets Pillow's process-wide limits.

    The check in :func:`decode` comes first and has the better message. Pillow's own limit also
    covers further frames and thumbnails in a file.
    """
    Image.MAX_IMAGE_PIXELS = limits.max_megapixels * 1_000_000
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    Image.init()


def decode(data: bytes, limits: ImageLimits, render: Render = upright_rgb) -> Decoded:
    """The image in bytes that begin as one of :data:`FORMATS` does.

    Raises :class:`TooLargeError` and :class:`ImageError`.
    """
    try:
        return Decoded(_decode(data, limits, render), False)
    except DamagedError:
        if not pillow_internals.has_known_prefix(data, ("JPEG",)):
            raise
    # Not in the except clause: its traceback would hold the pixels of the first try.
    return Decoded(_decode_truncated_jpeg(data, limits, render), True)


def _decode(data: bytes, limits: ImageLimits, render: Render) -> Image.Image:
    """As :func:`decode`, but raises :class:`DamagedError` where a decoder gives up."""
    with _errors_translated(limits):
        image = Image.open(io.BytesIO(data), formats=_formats_of(data))
        _check_size(image, limits)
        _check_memory(image, limits)
        return render(image)


def _formats_of(data: bytes) -> tuple[str, ...]:
    if not heif.is_heif(data):
        return FORMATS
    heif.register()
    return (heif.FORMAT,)


def _decode_truncated_jpeg(data: bytes, limits: ImageLimits, render: Render) -> Image.Image:
    """The image of a JPEG that ends early; the rows that did not come are of one grey.

    The marker that ends every JPEG makes libjpeg finish the image. Raises :class:`ImageError`
    where less than :data:`MIN_ROWS` of the rows came, or the data is damaged in another way.
    """
    data += END_OF_IMAGE
    with _errors_translated(limits):
        has_rows = _has_rows(data)
    if not has_rows:
        raise ImageError(f"the image is cut short: less than {MIN_ROWS:.0%} of its rows came")
    return _decode(data, limits, render)


def _has_rows(data: bytes) -> bool:
    """Whether the rows below the first :data:`MIN_ROWS` of a JPEG show anything.

    They are looked at in an eighth of the size, which libjpeg decodes from less data.
    """
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.draft(image.mode, (image.width // 8, image.height // 8))
    rest = image.crop((0, int(image.height * MIN_ROWS), *image.size))
    return any(len(set(band.getextrema())) > 1 for band in rest.split())


@contextmanager
def _errors_translated(limits: ImageLimits) -> Iterator[None]:
    """Makes what Pillow raises our errors; every call of a decoder is within this."""
    try:
        yield
    except BOMB_ERRORS as error:
        raise TooLargeError(_too_many_pixels(limits)) from error
    except UnidentifiedImageError as error:
        raise ImageError("the image is damaged: its header cannot be read") from error
    except DECODER_ERRORS as error:
        raise DamagedError("the image is damaged or cut short and cannot be read") from error


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


def _check_memory(image: Image.Image, limits: ImageLimits) -> None:
    kind = str(image.format)
    bytes_per_pixel = memory_cost.BYTES_PER_PIXEL.get(kind, 0)
    memory_cost.check(kind, image.width * image.height, bytes_per_pixel, limits)


def _too_many_pixels(limits: ImageLimits) -> str:
    return f"the image has more than {limits.max_megapixels} megapixels; send a smaller one"
