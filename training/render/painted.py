"""Numbers by hand, as on Indian lorries and motorcycles."""

from __future__ import annotations

import random

import cv2
import numpy as np

from training.render import fonts, ink, texts
from training.render.beside import Place, put
from training.render.plate import RenderedPlate, blank, finish, ground

INDIAN = ("AA 99 AA 9999", "AA 99 A 9999", "AA99AA9999", "AA-99-A-9999", "AA 9A 9999")


def painted(rng: random.Random) -> RenderedPlate:
    """Numbers by hand, as on Indian lorries and motorcycles: uneven, small letters at the side."""
    text = texts.fill(rng, rng.choice(INDIAN))
    two = rng.random() < 0.55
    width, height = (
        rng.choice(((240, 150), (220, 130), (260, 170))) if two else (360, rng.randint(70, 100))
    )
    plate, letter = ground(rng, 0.4)
    image = blank(width, height, plate)
    face = fonts.cut_or_font(rng)
    plain = texts.plain_text(text)
    cut = len(plain) - 4 if rng.random() < 0.6 else rng.randint(2, len(plain) - 3)
    rows = [plain[:cut], plain[cut:]] if two else [plain]
    pad = int(height * 0.07)
    tall = (height - pad * (len(rows) + 1)) // len(rows)
    for index, line in enumerate(rows):
        _paint_line(
            rng, image, line, face, (pad, pad + index * (tall + pad), width - pad, tall), letter
        )
    ink.frame(rng, image, letter, 0.6)
    return finish(image, "|".join(rows), "painted", tall)


def _paint_line(
    rng: random.Random,
    image: np.ndarray,
    line: str,
    face: fonts.Face,
    place: Place,
    tone: ink.Colour,
) -> None:
    """Signs in (left, top, right, height), each of its own size, the first ones small."""
    left, top, right, tall = place
    small = rng.randint(2, 4) if rng.random() < 0.35 and len(line) > 5 else 0
    weights = [(0.6 if i < small else 1.0) * rng.uniform(0.85, 1.15) for i in range(len(line))]
    pitch = min((right - left) / sum(weights), tall * 0.75)
    x = left + ((right - left) - pitch * sum(weights)) * rng.random()
    for index, (char, weight) in enumerate(zip(line, weights, strict=True)):
        high = tall * (0.62 if index < small else 1.0) * rng.uniform(0.88, 1.0)
        y = top + (tall - high) * rng.uniform(0.2, 0.8)
        glyph = fonts.glyph(face, char)
        if rng.random() < 0.5:
            lean = np.array([[1, rng.gauss(0, 0.08), 0], [rng.gauss(0, 0.04), 1, 0]])
            glyph = cv2.warpAffine(glyph, lean, glyph.shape[::-1])
        wide = pitch * weight
        box = (int(x), int(y), int(x + wide * 0.88), int(y + high))
        _stretch(image, glyph, box, tone, thin=char in "1I")
        x += wide


def _stretch(
    image: np.ndarray,
    glyph: np.ndarray,
    box: Place,
    tone: ink.Colour,
    *,
    thin: bool,
) -> None:
    """Draw a glyph filling the box, or as thin as it is."""
    left, top, right, bottom = box
    if thin:
        put(image, glyph, box, tone)
        return
    size = max(3, right - left), max(3, bottom - top)
    put(image, cv2.resize(glyph, size, interpolation=cv2.INTER_AREA), box, tone)
