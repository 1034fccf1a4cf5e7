"""Upload bytes to an upright RGB image: the only place that decodes what clients send.

The order matters: first a list of allowed formats, then the size in the header, and only then the
pixels. A file of half a megabyte that claims 169 megapixels so costs nothing.
"""

from __future__ import annotations

import io
import mmap
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from alpr import pillow_internals
from alpr.errors import FormatError, ImageError, TooLargeError
from alpr.settings.limits import ImageLimits

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
"""Formats that are opened, whatever the file is called. JPEG includes MPO, which many phones write.
EPS and its like are left out because they are programs."""

DECODER_ERRORS = (OSError, SyntaxError, ValueError, RuntimeError, TypeError)
"""What Pillow's decoders raise on hostile files, as found by mutating files of each format."""

BOMB_ERRORS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

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

END_OF_IMAGE = b"\xff\xd9"
"""The marker that ends a JPEG (ITU-T T.81, B.1.1.3)."""

MIN_ROWS = 0.2
"""Fraction of a truncated JPEG's rows that must have come for the image to be used."""

TRUNCATED_KEY = "alpr_api.truncated"
"""Where ``Image.info`` holds what :func:`is_truncated` tells; set for every decoded image, so that
a text in the file cannot stand there."""

LARGE_PIXELS = 16_000_000
"""JPEGs with more pixels are decoded so that they need less memory, a tenth of a second slower."""

STRIP_PIXELS = 100_000
"""Pixels per step where an operation on the whole image would take too much memory."""

KEPT_BLOCKS = 4
"""Memory blocks of 16 MB that Pillow keeps for the next image; three hold a 3840 x 2160 frame.
Fetching them from the system again for each frame would add half of what decoding takes."""


class DamagedError(ImageError):
    """A decoder gave up: the image is damaged, or ends early."""


def prepare(limits: ImageLimits) -> None:
    """Sets Pillow's process-wide limits; call once, before the first :func:`decode`.

    The check in :func:`decode` comes first and has the better message. Pillow's own limit also
    covers further frames and thumbnails in a file.
    """
    Image.MAX_IMAGE_PIXELS = limits.max_megapixels * 1_000_000
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    pillow_internals.keep_blocks(KEPT_BLOCKS)
    Image.init()


def decode(data: bytes, limits: ImageLimits) -> Image.Image:
    """The image in these bytes: its first frame, upright by its EXIF orientation, mode RGB.

    A JPEG that ends early is decoded as far as it goes; :func:`is_truncated` tells. Raises
    :class:`FormatError` for bytes of no supported format, :class:`TooLargeError` for too many
    pixels, and :class:`ImageError` for an image that is damaged or too small.
    """
    try:
        image, is_truncated = _decode(data, limits), False
    except DamagedError:
        if not pillow_internals.has_known_prefix(data, ("JPEG",)):
            raise
        is_truncated = True
    if is_truncated:
        # Not in the except clause: its traceback would hold the pixels of the first try.
        image = _decode_truncated_jpeg(data, limits)
    image.info[TRUNCATED_KEY] = is_truncated
    return image


def is_truncated(image: Image.Image) -> bool:
    """Whether :func:`decode` made this image of a JPEG that ends early."""
    return bool(image.info.get(TRUNCATED_KEY))


def _decode(data: bytes, limits: ImageLimits) -> Image.Image:
    """As :func:`decode`, but raises :class:`DamagedError` where a decoder gives up."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image, limits)
        if image.format in ("JPEG", "MPO") and image.width * image.height > LARGE_PIXELS:
            return _large_jpeg(image)
        rgb = _as_rgb(image)
        operation = _exif_transpose(image)
        return rgb if operation is None else rgb.transpose(operation)
    except BOMB_ERRORS as error:
        raise TooLargeError(_too_many_pixels(limits)) from error
    except UnidentifiedImageError as error:
        if pillow_internals.has_known_prefix(data, FORMATS):
            raise ImageError("the image is damaged: its header cannot be read") from error
        raise FormatError(f"not an image of a supported format ({', '.join(FORMATS)})") from error
    except DECODER_ERRORS as error:
        raise DamagedError("the image is damaged or cut short and cannot be read") from error


def _decode_truncated_jpeg(data: bytes, limits: ImageLimits) -> Image.Image:
    """The image of a JPEG that ends early; the rows that did not come are of one grey.

    The marker that ends every JPEG makes libjpeg finish the image. Raises :class:`ImageError`
    where less than :data:`MIN_ROWS` of the rows came, or the data is damaged in another way.
    """
    data += END_OF_IMAGE
    image = _decode(data, limits)
    if not _has_rows(data):
        raise ImageError(f"the image is cut short: less than {MIN_ROWS:.0%} of its rows came")
    return image


def _has_rows(data: bytes) -> bool:
    """Whether the rows below the first :data:`MIN_ROWS` of a JPEG show anything.

    They are looked at in an eighth of the size, which libjpeg decodes from less data.
    """
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.draft(image.mode, (image.width // 8, image.height // 8))
    rest = image.crop((0, int(image.height * MIN_ROWS), *image.size))
    return any(len(set(band.getextrema())) > 1 for band in rest.split())


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


def _exif_transpose(image: Image.Image) -> Image.Transpose | None:
    """The operation that makes the image upright; None if it is upright or says nothing."""
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return EXIF_TRANSPOSE.get(orientation) if isinstance(orientation, int) else None


def _large_jpeg(image: ImageFile.ImageFile) -> Image.Image:
    """A large JPEG, upright and RGB, without a second full copy in memory.

    If it must be turned or is CMYK, it is decoded into memory of our own. That memory goes back to
    the system strip by strip while the new image is filled.
    """
    operation = _exif_transpose(image)
    if operation is None and image.mode != "CMYK":
        return _as_rgb(image)
    # Kept blocks would be filled with zeroes for the new image, all of them and at once.
    pillow_internals.free_kept_blocks()
    memory = pillow_internals.load_into_private_memory(image)
    swaps_sides = operation in SWAPS_SIDES
    size = (image.height, image.width) if swaps_sides else image.size
    upright = Image.new("RGB", size, None)
    for top, strip in _strips(image):
        bottom = top + strip.height
        offset = image.height - bottom if operation in LAST_ROW_FIRST else top
        rgb = strip.convert("RGB")
        turned = rgb if operation is None else rgb.transpose(operation)
        upright.paste(turned, (offset, 0) if swaps_sides else (0, offset))
        done_bytes = bottom * image.width * len(image.mode)
        whole_pages = done_bytes // mmap.PAGESIZE * mmap.PAGESIZE
        memory.madvise(mmap.MADV_DONTNEED, 0, whole_pages)
    return upright


def _as_rgb(image: Image.Image) -> Image.Image:
    """Mode RGB; transparent parts become white, and 16-bit greys keep their upper 8 bits."""
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

    It works in strips because the whole image at once took 800 MB for fifty megapixels, in several
    copies of four bytes a pixel.
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
    """Each strip's first row and its grey values, (rows, columns), all of them finite."""
    for top, strip in _strips(image):
        greys = np.array(strip, dtype=np.float32)
        np.nan_to_num(greys, copy=False, posinf=0, neginf=0)
        yield top, greys


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The image in strips of about STRIP_PIXELS from top to bottom, each with its first row."""
    height = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))
