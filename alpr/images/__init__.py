"""Upload bytes to an upright RGB image: the only room that decodes what clients send.

::

    bytes -> headers: a known trick?     -> ImageError, TooLargeError
          -> headers: an ordinary file?  -> decoded here
          -> anything else               -> decoded in a process with limits, one at a time

Ordinary files are those of cameras: plain JPEG and PNG of moderate size, whose cost is known from
their headers. The process bounds the cost of all others, whatever their headers say. Where
the system is not Linux there is no such process, and all files are decoded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PIL import Image

from alpr import pillow_internals
from alpr.errors import EngineError, FormatError
from alpr.images import decode_worker, decoding, headers, heif
from alpr.images.decode_process import DecodeProcess
from alpr.images.decoding import FORMATS, Decoded
from alpr.images.heif import is_installed as reads_heic
from alpr.images.reducible import ReducibleImage, Reduction
from alpr.settings.limits import ImageLimits
from alpr.stages import stage

__all__ = ["FORMATS", "decode", "is_truncated", "prepare", "reads_heic", "run_worker_if_asked"]

TRUNCATED_KEY = "alpr_api.truncated"
"""Where ``Image.info`` holds what :func:`is_truncated` tells; set for every decoded image, so that
a text in the file cannot stand there."""

OUT_OF_MEMORY = "there is not enough memory to decode the image now"

_process = DecodeProcess()


def prepare(limits: ImageLimits) -> None:
    """Sets Pillow's process-wide limits; call once, before the first :func:`decode`."""
    decoding.prepare(limits)


def decode(data: bytes, limits: ImageLimits, enough_px: int = 0) -> Image.Image:
    """The image in these bytes: its first frame, upright by its EXIF orientation, mode RGB.

    With ``enough_px``, a plain JPEG may be a :class:`ReducibleImage` whose longest side is decoded
    with at least as many pixels; the others are decoded when they are used.

    A JPEG that ends early is decoded as far as it goes; :func:`is_truncated` tells. Raises
    :class:`FormatError` for bytes of no supported format, :class:`TooLargeError` for too many
    pixels, :class:`ImageError` for an image that is damaged, too small or too costly to decode, and
    :class:`EngineError` where there is no memory, or a limited process is busy.
    """
    if heif.is_heif(data):
        heif.check_installed()
    elif not pillow_internals.has_known_prefix(data, FORMATS):
        raise FormatError(f"not an image of a supported format ({', '.join(FORMATS)})")
    try:
        if headers.is_ordinary(data, limits):
            decoded = _decode_reduced(data, limits, enough_px)
        elif not decode_worker.IS_POSSIBLE:
            decoded = decoding.decode(data, limits)
        else:
            decoded = _process.decode(data, limits)
    except MemoryError as error:
        raise EngineError(OUT_OF_MEMORY) from error
    decoded.image.info = {TRUNCATED_KEY: decoded.is_truncated}
    return decoded.image


def _decode_reduced(data: bytes, limits: ImageLimits, enough_px: int) -> Decoded:
    first_look = Reduction(enough_px)
    decoded = decoding.decode(data, limits, first_look.render)
    if first_look.factor == 1:
        return decoded
    decode_whole = partial(_decode_whole, data, limits)
    return decoded._replace(image=ReducibleImage(decoded.image, first_look.factor, decode_whole))


def _decode_whole(data: bytes, limits: ImageLimits) -> Image.Image:
    try:
        with stage("decode"):
            return decoding.decode(data, limits).image
    except MemoryError as error:
        raise EngineError(OUT_OF_MEMORY) from error


def is_truncated(image: Image.Image) -> bool:
    """Whether :func:`decode` made this image of a JPEG that ends early."""
    return bool(image.info.get(TRUNCATED_KEY))


def run_worker_if_asked(arguments: Sequence[str]) -> None:
    """Becomes the limited process, and never returns, if the command line says so.

    A frozen program starts that process by starting itself: its ``main`` calls this first, with
    the arguments after the program's name.
    """
    decode_worker.run_if_asked(arguments)
