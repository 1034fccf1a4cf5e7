"""What a file's structure says before anything decodes it: known tricks, and what is ordinary.

An ordinary file costs what its few header fields say, so it needs no process of its own. A file
that is not ordinary need not be bad; it is decoded under limits.
"""

from __future__ import annotations

from alpr.images import jpeg_header, png_header
from alpr.settings.limits import ImageLimits


def is_ordinary(data: bytes, limits: ImageLimits) -> bool:
    """Whether these bytes are a JPEG or PNG of a known, moderate cost.

    Raises :class:`alpr.errors.ImageError` and :class:`alpr.errors.TooLargeError` for files whose
    structure or size makes them costly.
    """
    if data.startswith(jpeg_header.START):
        return jpeg_header.is_ordinary(data, limits)
    if data.startswith(png_header.START):
        return png_header.is_ordinary(data)
    return False
