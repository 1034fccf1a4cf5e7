"""Number plates of several countries, seen from the front.

The letters are those of Pillow's built-in font, made bold with a stroke. I, O and Q are left out,
as in most countries, so that a reading is either right or wrong.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""

PIXELS_PER_MM = 1.5
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DIGITS = "0123456789"
WHITE, BLACK, EU_BLUE = (238, 238, 236), (18, 18, 22), (20, 55, 160)


@dataclass(frozen=True, slots=True)
class Style:
    """A country's plate. Lengths are in millimetres.

    ``pattern`` holds A for a letter, 9 for a digit, a blank or a hyphen as it stands and ``/``
    between two lines. ``band`` is a blue strip on the left with that text, ``header`` and
    ``footer`` are small texts above and below the number, ``cap`` the colour behind the header.
    """

    name: str
    pattern: str
    width: int = 520
    height: int = 112
    paper: Colour = WHITE
    ink: Colour = BLACK
    band: str = ""
    header: str = ""
    footer: str = ""
    cap: Colour | None = None


STYLES = (
    Style("eu", "A AA 9999", band="D"),
    Style("eu_south", "AA 999 AA", band="F"),
    Style("yellow", "AA99 AAA", paper=(242, 200, 40)),
    Style("us", "AAA 9999", 305, 152, (226, 232, 240), (30, 40, 95), header="OREGON",
          footer="PACIFIC WONDERLAND"),
    Style("us_warm", "9AAA999", 305, 152, (246, 240, 226), (150, 30, 30), header="Ohio",
          footer="Birthplace of Aviation"),
    Style("br", "AAA-9999", 400, 130, (172, 172, 176), header="SP - CAMPINAS"),
    Style("mercosur", "AAA9A99", 400, 130, header="BRASIL", cap=EU_BLUE),
    Style("two_line", "99-A9/999.99", 190, 140),
    Style("dark", "AAA 999", 420, 110, (24, 24, 26), (232, 232, 226)),
)  # fmt: skip
BY_NAME = {style.name: style for style in STYLES}


def plate_image(style: Style, text: str) -> Image.Image:
    """A plate seen from the front; ``text`` with the pattern's separators."""
    scale = PIXELS_PER_MM
    width, height = style.width * scale, style.height * scale
    image = Image.new("RGB", (round(width), round(height)), style.paper)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = 0.04 * width, 0.14 * height, 0.96 * width, 0.86 * height
    if style.band:
        _blue_band(image, style.band)
        left = 0.11 * width
    if style.cap:
        draw.rectangle((0, 0, width, 0.22 * height), fill=style.cap)
    if style.header:
        area = (0.3 * width, 0.05 * height, 0.7 * width, 0.18 * height)
        paste_text(image, text_mask(style.header), area, WHITE if style.cap else style.ink)
        top = 0.28 * height
    if style.footer:
        area = (0.22 * width, 0.86 * height, 0.78 * width, 0.95 * height)
        paste_text(image, text_mask(style.footer), area, style.ink)
        bottom = 0.79 * height
    lines = text.split("/")
    pitch = (bottom - top) / len(lines)
    for index, line in enumerate(lines):
        y = top + index * pitch
        area = (left, y + 0.07 * pitch, right, y + 0.93 * pitch)
        paste_text(image, text_mask(line, weight=0.025, spacing=0.1), area, style.ink, 0.62)
    draw.rectangle((0, 0, width - 1, height - 1), outline=style.ink, width=max(2, round(2 * scale)))
    return image


def _blue_band(image: Image.Image, country: str) -> None:
    """The European band on the left: twelve stars in a ring above the country's letters."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 0.085 * width, height), fill=EU_BLUE)
    for angle in np.arange(12) * np.pi / 6:
        x, y = 0.0425 * width + 0.13 * height * np.cos(angle), height * (0.3 + 0.13 * np.sin(angle))
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(235, 205, 40))
    area = (0.022 * width, 0.62 * height, 0.063 * width, 0.85 * height)
    paste_text(image, text_mask(country, weight=0.03), area, WHITE)


def random_number(random: np.random.Generator, pattern: str) -> str:
    """A random number of this pattern, with its separators."""
    source = {"A": LETTERS, "9": DIGITS}
    return "".join(str(random.choice(list(source.get(sign, sign)))) for sign in pattern)


def without_separators(text: str) -> str:
    """The number as a reader is expected to return it."""
    return "".join(sign for sign in text if sign.isalnum())


@functools.lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(120)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; the scenes need its font")
    return font


def text_mask(text: str, weight: float = 0.0, spacing: float = 0.03) -> Image.Image:
    """The text as a tight grey mask. ``weight`` and ``spacing`` are fractions of the font size."""
    font = _font()
    stroke, gap = round(weight * font.size), spacing * font.size
    width = sum(font.getlength(sign) + gap + stroke for sign in text) + 4 * stroke
    mask = Image.new("L", (round(width) + 10, round(font.size * 1.6)))
    draw, x = ImageDraw.Draw(mask), 2.0 * stroke
    for sign in text:
        draw.text((x, 10), sign, fill=255, font=font, stroke_width=stroke)
        x += font.getlength(sign) + gap + stroke
    return mask.crop(mask.getbbox())


def paste_text(
    image: Image.Image,
    mask: Image.Image,
    area: Area,
    ink: Colour,
    narrowest: float = 1.0,
) -> None:
    """Pastes the text into the middle of an area, as large as fits.

    To be larger, it may be condensed to the fraction ``narrowest`` of its width.
    """
    width, height = area[2] - area[0], area[3] - area[1]
    scale = min(height / mask.height, width / mask.width / narrowest)
    across = min(width, mask.width * scale)
    fitted = mask.resize((max(1, round(across)), max(1, round(mask.height * scale))))
    corner = (
        round(area[0] + (width - fitted.width) / 2),
        round(area[1] + (height - fitted.height) / 2),
    )
    image.paste(Image.new("RGB", fitted.size, ink), corner, fitted)


def inset(area: Area, across: float, down: float) -> Area:
    """The area without these fractions of its width and height at each side."""
    width, height = area[2] - area[0], area[3] - area[1]
    return (
        area[0] + across * width,
        area[1] + down * height,
        area[2] - across * width,
        area[3] - down * height,
    )
