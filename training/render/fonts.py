"""Fonts on disk as glyph masks: one character, cut tight, ready to be stretched into a plate's cell."""
from __future__ import annotations

import os
import random
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.render.families import FAMILIES, PLATE

FONTS = Path(os.environ.get("ALPR_FONTS", Path(__file__).parents[2] / "build" / "fonts"))
GLYPH_PX = 72  # size a glyph is rasterised at, before it is stretched; plates are drawn up to 100 px tall
WEIGHTS = (400, 500, 600, 700, 800)


@lru_cache(maxsize=1)
def _files() -> dict[str, tuple[Path, ...]]:
    """Every usable font file of each family, upright, from thin enough to heavy enough for a plate."""
    found = {}
    for family in FAMILIES:
        folder = FONTS / "node_modules" / "@fontsource" / family / "files"
        files = [folder / f"{family}-latin-{weight}-normal.woff2" for weight in WEIGHTS]
        files = [file for file in files if file.exists()]
        if files:
            found[family] = tuple(files)
    if not found:
        raise FileNotFoundError(f"no fonts below {FONTS}: run `make -C training fonts`, or set ALPR_FONTS")
    return found


def choose(rng: random.Random, plate_like: float = 0.75) -> Path:
    """A font file: with probability `plate_like` from a family that resembles plates."""
    files = _files()
    families = [f for f in (PLATE if rng.random() < plate_like else FAMILIES) if f in files]
    return rng.choice(files[rng.choice(families)])


@lru_cache(maxsize=400)
def _face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@lru_cache(maxsize=40_000)
def glyph(path: Path, char: str) -> np.ndarray:
    """The character as a uint8 mask (height, width), 0 to 255, without any empty border."""
    face = _face(path, GLYPH_PX)
    left, top, right, bottom = face.getbbox(char)
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), char, fill=255, font=face)
    return np.asarray(image)


def words(path: Path, text: str, size: int) -> np.ndarray:
    """A run of small text as a uint8 mask (height, width) with the font's own spacing."""
    face = _face(path, max(6, size))
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=face)
    return np.asarray(image)
