"""A large JPEG, decoded at a fraction of its size for as long as that shows enough.

libjpeg makes an image of a quarter of its size in about half of the time. It cannot decode only a
part of an image.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageFile

from alpr.images.rendering import upright_rgb
from alpr.pillow_internals import LazyRgb

FACTORS = (8, 4)
"""By how much an image is reduced. Half the size would save only a quarter of the time, and that is
lost where all pixels are needed afterwards."""


class Reduction:
    """Renders an opened file at a fraction of its size, if it is a large JPEG.

    ``factor`` says at which, once it is rendered.
    """

    def __init__(self, enough_px: int) -> None:
        """``enough_px`` is how long the longest side stays at least; 0 for all pixels."""
        self._enough_px = enough_px
        self.factor = 1

    def render(self, image: ImageFile.ImageFile) -> Image.Image:
        if image.format == "JPEG" and self._enough_px:
            self.factor = factor_for(*image.size, self._enough_px)
            image.draft(image.mode, (image.width // self.factor, image.height // self.factor))
        return upright_rgb(image)


def factor_for(width: int, height: int, enough_px: int) -> int:
    """The largest factor that leaves the longest side ``enough_px`` or more; 1 if there is none.

    Both sides are multiples of it, so that a pixel of the reduced image covers whole pixels.
    """
    fits = (
        factor
        for factor in FACTORS
        if max(width, height) >= factor * enough_px and width % factor == height % factor == 0
    )
    return next(fits, 1)


class ReducibleImage(LazyRgb):
    """An upright RGB image of which a reduced version is decoded.

    As an image it has all its pixels: they are decoded when they are first used.
    """

    def __init__(
        self, reduced: Image.Image, factor: int, decode: Callable[[], Image.Image]
    ) -> None:
        """``decode`` makes the whole image, of which ``reduced`` is 1 / ``factor``."""
        super().__init__((reduced.width * factor, reduced.height * factor), decode)
        self.reduced = reduced


def at(image: Image.Image, scale: float) -> Image.Image:
    """A version of any image at this scale, 0 to 1, or a larger one."""
    if isinstance(image, ReducibleImage) and image.reduced.width >= scale * image.width:
        return image.reduced
    return image


def decoded(image: Image.Image) -> Image.Image:
    """The largest version of any image for which nothing must be decoded."""
    if isinstance(image, ReducibleImage) and not image.is_loaded:
        return image.reduced
    return image
