"""What decoding takes at most, by format: known from the header, before the decoder runs."""

from __future__ import annotations

from alpr.errors import TooLargeError
from alpr.settings.limits import ImageLimits

BYTES_PER_PIXEL = {"WEBP": 20, "AVIF": 15, "HEIF": 15}
"""What the libraries' own copies of the whole image take at most, with the result. libwebp makes
the two canvases of an animation for a still image too. Other formats take 8 at most, besides
progressive JPEGs, whose cost their header tells."""


def max_bytes(limits: ImageLimits) -> int:
    """Memory that decoding one image may take, its result included: 400 MB by default.

    It grows with the setting, because eight bytes a pixel are needed for any file.
    """
    return max(400, 8 * limits.max_megapixels) * 1_000_000


def check(kind: str, pixels: int, bytes_per_pixel: float, limits: ImageLimits) -> None:
    """Raises :class:`TooLargeError` if so many pixels of this kind take too much memory."""
    if pixels * bytes_per_pixel > max_bytes(limits):
        megapixels = max_bytes(limits) / bytes_per_pixel / 1e6
        raise TooLargeError(
            f"the image has {pixels / 1e6:.1f} megapixels; {kind} takes {bytes_per_pixel:g} bytes"
            f" of memory for each, so it may have {megapixels:.1f}"
        )
