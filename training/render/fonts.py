"""Fonts on disk as glyph masks.

One character, cut tight, ready to be stretched into a plate's cell.
"""

from __future__ import annotations

import os
import random
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.render import strokes
from training.render.families import FAMILIES, PLATE

FONTS = Path(os.environ.get("ALPR_FONTS", Path(__file__).parents[2] / "build" / "fonts"))
GLYPH_PX = 72  # a glyph is rasterised at this size, then stretched; plates are up to 100 px tall
WORDS_PX = 32  # the same for slogans and dates
Face = Path | int  # a font file, or the number of a drawn alphabet
WEIGHTS = (400, 500, 600, 700, 800)


@cache
def _files() -> dict[str, tuple[Path, ...]]:
    """Every usable font file of each family: upright, neither too thin nor too heavy."""
    found = {}
    for family in FAMILIES:
        folder = FONTS / "node_modules" / "@fontsource" / family / "files"
        files = [folder / f"{family}-latin-{weight}-normal.woff2" for weight in WEIGHTS]
        files = [file for file in files if file.exists()]
        if files:
            found[family] = tuple(files)
    if not found:
        raise FileNotFoundError(
            f"no fonts below {FONTS}: run `make -C training fonts`, or set ALPR_FONTS"
        )
    return found


def choose(rng: random.Random, plate_like: float = 0.75) -> Path:
    """A font file: with probability `plate_like` from a family that resembles plates."""
    files = _files()
    families = [f for f in (PLATE if rng.random() < plate_like else FAMILIES) if f in files]
    return rng.choice(files[rng.choice(families)])


@cache
def _face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)  # slow, about 1 ms: only two sizes are ever opened


def _mask(path: Path, text: str, size: int) -> np.ndarray:
    face = _face(path, size)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=face)
    return np.asarray(image)


@lru_cache(maxsize=40_000)
def _font_glyph(path: Path, char: str) -> np.ndarray:
    return _mask(path, char, GLYPH_PX)


def cut_or_font(rng: random.Random) -> Face:
    """What a plate's number is set in: a font, or, one time in four, a drawn alphabet."""
    return rng.randrange(strokes.CUTS) if rng.random() < 0.25 else choose(rng)


def glyph(face: Face, char: str) -> np.ndarray:
    """The character as a uint8 mask (height, width), 0 to 255, without any empty border."""
    return strokes.glyph(face, char) if isinstance(face, int) else _font_glyph(face, char)


def words(path: Path, text: str, size: float) -> np.ndarray:
    """A run of small text as a uint8 mask (height, width), its font `size` pixels high."""
    mask = _mask(path, text, WORDS_PX)
    scale = size / WORDS_PX
    shape = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    return cv2.resize(mask, shape, interpolation=cv2.INTER_AREA)


def forget() -> None:
    """Empty what is remembered of the fonts on disk; for when FONTS has changed."""
    for remembered in (_files, _face, _font_glyph):
        remembered.cache_clear()
