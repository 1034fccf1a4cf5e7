"""Plates of the kinds that were misread: other scripts, crowded edges, stacked and painted signs.

Beside the layouts of the world, for the reader to learn from.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import cv2
import numpy as np

from training.alphabet import ALPHABET
from training.render import fonts, ink, texts
from training.render.beside import aside, outline, put
from training.render.details import band, corner_stickers, holder, scenery
from training.render.painted import painted
from training.render.plate import RenderedPlate, blank, finish, ground
from training.render.words import PLACES, US_STATES

_ALIKE = "B8 D0OQ G6C 0OUDQ 1IJ 1IL7T 2Z7 5S VUWY MNHW PRFE KXY 4A"
ALIKE = _ALIKE.split()  # each a group of look-alikes
THIN = "1IJL7T"
BESIDE = "#9999,99999,9999,999 999,99 999 99,A 9999,999999,99-999-99,A 99999,9 9999,99A 9999"


def confused(rng: random.Random, text: str) -> str:
    """The text, some of its letters and digits exchanged for such as are taken for one another."""
    groups = rng.sample(ALIKE, 3)
    chars = []
    for char in text:
        pool = [c for group in groups for c in group if c.isdigit() == char.isdigit()]
        known = char in ALPHABET and pool and rng.random() < 0.55
        chars.append(rng.choice(pool) if known else char)
    return "".join(chars)


def scripts(rng: random.Random) -> RenderedPlate:
    """A number with another script, a flag or an emblem before, after or between its groups."""
    width, height = rng.choice(((416, 90), (416, 96), (320, 90), (320, 110), (360, 120)))
    plate, letter = ground(rng, 0.35)
    image = blank(width, height, plate)
    top, bottom = int(height * rng.uniform(0.08, 0.2)), int(height * rng.uniform(0.8, 0.94))
    room = int(width * rng.uniform(0.1, 0.28))
    place = rng.random()
    text = texts.fill(rng, rng.choice(BESIDE.split(",")))
    how = ink.style(rng, (0.42, 0.75))
    if place < 0.3:  # between two groups, as in Tunisia, Morocco and Korea
        cut = rng.randint(1, len(text) - 1)
        middle = int(width * rng.uniform(0.3, 0.6))
        left, right = text[:cut].strip(" -"), text[cut:].strip(" -")
        ink.row(rng, image, left, (8, top, middle, bottom), how, letter)
        aside(rng, image, (middle + 4, top, middle + room, bottom), letter)
        ink.row(rng, image, right, (middle + room + 4, top, width - 8, bottom), how, letter)
        text = left + right
    else:
        before = place < 0.75
        box = (6, top, room, bottom) if before else (width - room, top, width - 6, bottom)
        if rng.random() < 0.4:
            low, high = (0, room + 4) if before else (width - room - 4, width)
            cv2.rectangle(image, (low, 0), (high, height), ink.colour(rng), -1)
        aside(rng, image, box, letter)
        span = (room + 8, width - 8) if before else (8, width - room - 8)
        ink.row(rng, image, text, (span[0], top, span[1], bottom), how, letter)
    ink.frame(rng, image, letter, 0.6)
    ink.bolts(rng, image, [(0.05, 0.5), (0.95, 0.5)], 0.2)
    return finish(image, text, "scripts", bottom - top)


def crowded(rng: random.Random) -> RenderedPlate:
    """A number from frame to frame, its last sign often a thin one, with look-alikes."""
    kind = rng.choice(("eu", "us", "br", "other", "mercosul", "other"))
    text = confused(rng, texts.draw(rng, kind, 0.3))
    if rng.random() < 0.35:
        text = text.rstrip(" -.*^#") + rng.choice(THIN)
    if rng.random() < 0.2:
        text = rng.choice(THIN) + text
    if len(texts.plain_text(text)) > 10:
        text = texts.plain_text(text)[-9:]
    width, height = rng.choice(((320, 70), (320, 84), (360, 84), (320, 100), (320, 150)))
    plate, letter = ground(rng, 0.4)
    image = blank(width, height, plate)
    if rng.random() < 0.25:
        scenery(rng, image, sum(plate) < 300)
    tall = rng.uniform(0.7, 0.9) if height < 110 else rng.uniform(0.45, 0.7)
    top = int(height * (1 - tall) / 2 * rng.uniform(0.7, 1.3))
    edge = rng.randint(1, 9)
    box = (edge, top, width - edge, top + int(height * tall))
    ink.row(rng, image, text, box, ink.style(rng, (0.5, 1.0)), letter)
    ink.frame(rng, image, letter, 0.85)
    if rng.random() < 0.35:
        holder(rng, image)
    return finish(image, text, "crowded", height * tall)


def _american(rng: random.Random) -> tuple[np.ndarray, tuple[int, int, int], tuple[int, int]]:
    """The ground of an American plate, the letters' colour, and the row's upper and lower edge."""
    width, height = 320, rng.choice((150, 158, 160))
    dark = rng.random() < 0.15
    image = blank(width, height, ink.colour(rng, 0, 110) if dark else ink.shade(rng, 150, 252, 40))
    if rng.random() < 0.6:
        scenery(rng, image, dark)
    letter = ink.colour(rng, 180, 255) if dark else ink.shade(rng, 0, 100, 40)
    return (
        image,
        letter,
        (int(height * rng.uniform(0.2, 0.32)), int(height * rng.uniform(0.68, 0.82))),
    )


def _serial(rng: random.Random) -> str:
    """Four to seven characters, look-alikes among them."""
    text = confused(rng, rng.choice((texts.anything(rng), texts.draw(rng, "us", 0))))
    return texts.plain_text(text)[: rng.randint(4, 7)] or "1AB2"


def _labelled(rng: random.Random, image: np.ndarray, letter: tuple[int, int, int]) -> None:
    """The state's name above, a county or slogan below, and stickers."""
    height, width = image.shape[:2]
    for names, y, share, sizes in ((US_STATES, 0.11, 0.9, (15, 30)), (PLACES, 0.9, 0.7, (10, 20))):
        if rng.random() < share:
            words = rng.choice(names), (width / 2, height * y), rng.randint(*sizes)
            ink.small_print(rng, image, *words, letter, width=width * 0.7)
    corner_stickers(rng, image)


def paired(rng: random.Random) -> RenderedPlate:
    """American plates with two small signs over one another before or after the serial."""
    image, letter, (top, bottom) = _american(rng)
    height, width = image.shape[:2]
    how, text = ink.style(rng, (0.36, 0.6)), _serial(rng)[:5]
    pair = texts.fill(rng, rng.choice(("AA", "AA", "AA", "99", "XX")))
    left, right, middle = 10, width - 10, (top + bottom) // 2
    side, gap = int(height * rng.uniform(0.12, 0.24)), rng.randint(1, 4)
    before = rng.random() < 0.5
    x = left + 2 if before else right - side
    for sign, (y1, y2) in zip(pair, ((top, middle - gap), (middle + gap, bottom)), strict=True):
        put(image, fonts.glyph(how.face, sign), (x, y1, x + side, y2), letter)
    span = (x + side + 6, right) if before else (left, x - 6)
    ink.row(rng, image, text, (span[0], top, span[1], bottom), how, letter)
    _labelled(rng, image, letter)
    return finish(image, pair + text if before else text + pair, "paired", bottom - top)


def stacked(rng: random.Random) -> RenderedPlate:
    """American plates with an outline in the middle, or with much around the serial."""
    image, letter, (top, bottom) = _american(rng)
    how, text = ink.style(rng, (0.36, 0.6)), _serial(rng)
    left, right = 10, image.shape[1] - 10
    if rng.random() < 0.65:
        cut, middle = rng.randint(1, len(text) - 1), rng.randint(120, 190)
        half = rng.randint(10, 22)
        outline(rng, image, (middle - half, top + 6, middle + half, bottom - 6), letter)
        ink.row(rng, image, text[:cut], (left, top, middle - half - 3, bottom), how, letter)
        ink.row(rng, image, text[cut:], (middle + half + 3, top, right, bottom), how, letter)
    else:
        ink.row(rng, image, text, (left, top, right, bottom), how, letter)
    _labelled(rng, image, letter)
    return finish(image, text, "stacked", bottom - top)


def squarish(rng: random.Random) -> RenderedPlate:
    """Two lines with another script, an emblem or small words beside one of them."""
    text = texts.draw(rng, "two_lines", 0.4)
    first, second = text.split("|")
    width, height = rng.choice(((220, 160), (200, 160), (240, 150), (190, 170), (280, 150)))
    plate, letter = ground(rng, 0.25)
    image = blank(width, height, plate)
    middle, how = int(height * rng.uniform(0.42, 0.54)), ink.style(rng, (0.42, 0.8))
    room = int(width * rng.uniform(0.14, 0.3))
    boxes = [
        [8, int(height * 0.07), width - 8, middle - 4],
        [8, middle + 4, width - 8, int(height * 0.93)],
    ]
    box = boxes[rng.random() < 0.5]
    if rng.random() < 0.6:
        aside(rng, image, (box[0], box[1], room, box[3]), letter)
        box[0] = room + 6
    else:
        aside(rng, image, (width - room, box[1], width - 8, box[3]), letter)
        box[2] = width - room - 6
    for line, (left, top, right, bottom) in zip((first, second), boxes, strict=True):
        ink.row(rng, image, line, (left, top, right, bottom), how, letter)
    ink.frame(rng, image, letter, 0.6)
    return finish(image, text, "squarish", min(middle - 12, int(height * 0.93) - middle - 4))


def european(rng: random.Random) -> RenderedPlate:
    """Long plates of look-alikes between two bands, as in Italy, or after a flag, as in Ukraine."""
    text = confused(rng, rng.choice((texts.draw(rng, "eu", 0), texts.fill(rng, "AA 9999 AA"))))
    width, height = 416, rng.choice((84, 88, 92, 104))
    plate, letter = ground(rng, 0.12)
    image = blank(width, height, plate)
    left, right = rng.choice((8, 40)), width - rng.choice((5, 8, 40))
    if left == 40:
        if rng.random() < 0.5:
            band(rng, image, 0, 36)
        else:
            aside(rng, image, (3, 6, 35, height - 6), letter)
    if right < width - 20:
        band(rng, image, right + 4, width)
    top, bottom = int(height * rng.uniform(0.08, 0.18)), int(height * rng.uniform(0.82, 0.93))
    ink.row(
        rng, image, text, (left + 2, top, right - 2, bottom), ink.style(rng, (0.45, 0.75)), letter
    )
    ink.frame(rng, image, letter, 0.7)
    return finish(image, text, "european", bottom - top)


KINDS: dict[str, tuple[Callable[[random.Random], RenderedPlate], float]] = {
    "scripts": (scripts, 0.22),
    "crowded": (crowded, 0.24),
    "stacked": (stacked, 0.08),
    "paired": (paired, 0.16),
    "painted": (painted, 0.08),
    "squarish": (squarish, 0.08),
    "european": (european, 0.14),
}


def render_kind(rng: random.Random, kind: str | None = None) -> RenderedPlate:
    """A random plate of the given kind (see KINDS) or of any; the same seed gives the same one."""
    if kind is None:
        kind = rng.choices(list(KINDS), [share for _, share in KINDS.values()])[0]
    return KINDS[kind][0](rng)
