"""Images of every Pillow mode become RGB: 16-bit greys, palettes, CMYK, transparency."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, Image

from testkit.images import decode, encode, gradient_image, mean_difference
from tests.images.strips import in_strips


def grey16() -> Image.Image:
    """The image in grey, with noise in the lower bits that an 8-bit screen cannot show."""
    upper = np.asarray(gradient_image(mode="L")).astype(np.uint16)
    return Image.fromarray(upper * 256 + (255 - upper))


def transparent() -> Image.Image:
    """The image with its lower half transparent."""
    image = gradient_image(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 60, 160, 120))
    return image


def on_white(mode: str = "RGB") -> Image.Image:
    image = gradient_image(mode=mode).convert("RGB")
    image.paste("white", (0, 60, 160, 120))
    return image


def grey_transparent() -> Image.Image:
    return Image.merge("LA", (gradient_image(mode="L"), transparent().getchannel("A")))


def palette_transparent() -> Image.Image:
    """A palette image with partly transparent colours, as in PNG's tRNS chunk."""
    return transparent().quantize(64)


GREY = gradient_image(mode="L").convert("RGB")
# name: the image, its format, the expected image, and the largest mean difference of a pixel
MODES = {
    "1": (gradient_image(mode="1"), "PNG", gradient_image(mode="1"), 0),
    "1 in TIFF": (gradient_image(mode="1"), "TIFF", gradient_image(mode="1"), 0),
    "L": (gradient_image(mode="L"), "PNG", GREY, 0),
    "L in JPEG": (gradient_image(mode="L"), "JPEG", GREY, 3),
    "LA": (grey_transparent(), "PNG", on_white("L"), 1),
    "LA in TIFF": (grey_transparent(), "TIFF", on_white("L"), 1),
    "P": (gradient_image(mode="P"), "PNG", gradient_image(mode="P"), 0),
    "P in BMP": (gradient_image(mode="P"), "BMP", gradient_image(mode="P"), 0),
    "P transparent": (palette_transparent(), "PNG", on_white(), 8),
    "P transparent in GIF": (transparent(), "GIF", on_white(), 8),
    "RGB": (gradient_image(), "PNG", gradient_image(), 0),
    "RGBA": (transparent(), "PNG", on_white(), 1),
    "RGBA in WebP": (transparent(), "WEBP", on_white(), 4),
    "RGBA in TIFF": (transparent(), "TIFF", on_white(), 1),
    "RGBA in AVIF": (transparent(), "AVIF", on_white(), 8),
    "CMYK in JPEG": (gradient_image(mode="CMYK"), "JPEG", gradient_image(), 6),
    "CMYK in TIFF": (gradient_image(mode="CMYK"), "TIFF", gradient_image(), 2),
    "I;16": (grey16(), "PNG", GREY, 0),
    "I;16 in TIFF": (grey16(), "TIFF", GREY, 0),
    "I": (grey16().convert("I"), "TIFF", GREY, 1),
    "F": (gradient_image(mode="F"), "TIFF", GREY, 1),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode(name: str) -> None:
    image, kind, expected, off = MODES[name]
    found = decode(encode(image, kind))
    assert mean_difference(found, expected) <= off


def test_grey_of_one_value_and_no_number() -> None:
    flat = Image.fromarray(np.full((20, 20), 7.0, dtype=np.float32))
    assert decode(encode(flat, "TIFF")).getextrema() == ((0, 0),) * 3
    wide = Image.fromarray(np.array([[-3e38, 3e38]] * 20, np.float32).repeat(10, axis=1))
    assert decode(encode(wide, "TIFF")).size == (20, 20)
    greys = np.array([[np.nan, np.inf, -np.inf, 0, 0.5]], np.float32).repeat(20, 0).repeat(4, 1)
    seen = np.asarray(decode(encode(Image.fromarray(greys), "TIFF")))
    assert seen[0, ::4, 0].tolist() == [0, 0, 0, 0, 255]


@pytest.mark.parametrize("name", MODES)
def test_every_mode_of_a_large_image(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image, kind, _, _ = MODES[name]
    data = encode(image, kind)
    assert mean_difference(in_strips(data, monkeypatch), decode(data)) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_tiff_is_turned(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    for compression in ("raw", "tiff_lzw"):
        data = encode(gradient_image(), "TIFF", compression=compression, exif=exif)
        assert mean_difference(in_strips(data, monkeypatch), decode(data)) == 0
