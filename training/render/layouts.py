"""The plates of the world as flat images: each function draws one layout."""

from __future__ import annotations

import random
from collections.abc import Callable

import cv2
import numpy as np

from training.render import ink, texts
from training.render.details import band, corner_stickers, dirt, emblem, holder, scenery
from training.render.plate import RenderedPlate, blank, finish, ground
from training.render.words import COUNTRIES, PLACES, US_STATES


def europe(rng: random.Random) -> RenderedPlate:
    """Long plates, about 520 x 110 mm, with or without bands, seals between the groups."""
    text = texts.draw(rng, "eu")
    width, height = 416, rng.choice((84, 88, 88, 92, 96, 104))
    plate, letter = ground(rng)
    image = blank(width, height, plate)
    left = rng.choice((6, 40, 40, 40, 44))
    right = width - rng.choice((6, 6, 6, 38))
    if left >= 40:
        band(rng, image, 0, left - rng.randint(2, 6))
    if right < width - 20:
        band(rng, image, right + rng.randint(2, 6), width)
    ink.frame(rng, image, letter, 0.7)
    top, bottom = int(height * rng.uniform(0.10, 0.2)), int(height * rng.uniform(0.80, 0.9))
    ink.row(
        rng, image, text, (left + 3, top, right - 3, bottom), ink.style(rng, (0.42, 0.68)), letter
    )
    if rng.random() < 0.2:
        line = rng.choice(PLACES + COUNTRIES)
        ink.small_print(
            rng,
            image,
            line,
            (width / 2, height * rng.choice((0.05, 0.95))),
            rng.randint(7, 11),
            letter,
            width=width * 0.7,
        )
    ink.bolts(rng, image, [(0.15, 0.5), (0.85, 0.5), (0.5, 0.12)], 0.12)
    return finish(image, text, "eu", bottom - top)


def _mottos(rng: random.Random, image: np.ndarray, letter: ink.Colour) -> None:
    """The state's name above and a slogan below, in place, either of them now and then missing."""
    height, width = image.shape[:2]
    if rng.random() < 0.9:
        name = rng.choice(US_STATES) if rng.random() < 0.7 else rng.choice(PLACES)
        centre = (width / 2, height * rng.uniform(0.08, 0.15))
        ink.small_print(rng, image, name, centre, rng.randint(15, 32), letter, width=width * 0.66)
    if rng.random() < 0.75:
        line = rng.choice(PLACES + US_STATES)
        centre = (width / 2, height * rng.uniform(0.86, 0.94))
        ink.small_print(rng, image, line, centre, rng.randint(10, 22), letter, width=width * 0.66)


def america(rng: random.Random) -> RenderedPlate:
    """US and Canadian plates, 12 x 6 inches.

    State names, slogans, graphics, stickers, a gap with an emblem.
    """
    text = texts.draw(rng, "us")
    width, height = 320, rng.choice((150, 158, 160, 164))
    dark = rng.random() < 0.12
    image = blank(width, height, ink.colour(rng, 0, 110) if dark else ink.shade(rng, 150, 252, 40))
    if rng.random() < 0.6:
        scenery(rng, image, dark)
    letter = ink.colour(rng, 180, 255) if dark else ink.shade(rng, 0, 100, 40)
    small = ink.colour(rng, 150, 255) if dark else ink.colour(rng, 0, 170)
    top, bottom = int(height * rng.uniform(0.2, 0.34)), int(height * rng.uniform(0.66, 0.82))
    left, right = rng.randint(6, 30), width - rng.randint(6, 30)
    if rng.random() < 0.12:
        side = rng.randint(40, 66)
        if rng.random() < 0.6:
            emblem(rng, image, (4, top - 6, side, bottom - top + 12))
            left = side + 8
        else:
            emblem(rng, image, (width - side - 4, top - 6, side, bottom - top + 12))
            right = width - side - 8
    _mottos(rng, image, small)
    corner_stickers(rng, image)
    ink.row(rng, image, text, (left, top, right, bottom), ink.style(rng, (0.36, 0.68)), letter)
    ink.bolts(rng, image, [(0.2, 0.08), (0.8, 0.08), (0.2, 0.92), (0.8, 0.92)])
    ink.frame(rng, image, ink.colour(rng), 0.3)
    if rng.random() < 0.35:
        holder(rng, image)
    return finish(image, text, "us", bottom - top)


def _colours_of_brazil(rng: random.Random, new: bool) -> tuple[ink.Colour, ink.Colour, ink.Colour]:
    """Colours of the plate, of its characters and of the town above them."""
    if new:
        plate = ink.shade(rng, 215, 250, 10)
        return plate, ink.shade(rng, 0, 60), ink.shade(rng, 220, 255, 5)
    choices = ink.shade(rng, 140, 215, 8), (150, 20, 25), ink.shade(rng, 215, 245, 6)
    plate = rng.choices(choices, (7, 2, 1))[0]
    letter = ink.shade(rng, 0, 45) if sum(plate) > 300 else ink.shade(rng, 210, 250, 8)
    return plate, letter, letter


def brazil(rng: random.Random) -> RenderedPlate:
    """Grey or red plates with the town above, and the newer ones with a blue bar (Mercosur)."""
    width, height = 320, rng.choice((100, 104, 108))
    new = rng.random() < 0.3
    text = texts.draw(rng, "mercosul" if new else "br", 0.15)
    plate, letter, header = _colours_of_brazil(rng, new)
    image = blank(width, height, plate)
    bar = int(height * rng.uniform(0.2, 0.26))
    if new:
        cv2.rectangle(image, (0, 0), (width, bar), (20, 50, 150), -1)
    name = (
        rng.choice(COUNTRIES)
        if new
        else rng.choice(("SP", "PR", "RJ", "MG", "SC", "RS", "BA", "DF"))
        + rng.choice("- ")
        + rng.choice(PLACES)
    )
    ink.small_print(
        rng,
        image,
        name,
        (width / 2, bar * rng.uniform(0.45, 0.6)),
        int(bar * rng.uniform(0.6, 0.95)),
        header,
        width=width * 0.6,
    )
    # Characters are 63 to 65 mm high on 130 mm of plate, and wide, as CONTRAN's resolutions 231 of
    # 2007 and 780 of 2019 have them; workshops were not always so exact.
    tall = rng.uniform(0.46, 0.56) if rng.random() < 0.7 else rng.uniform(0.5, 0.7)
    top = max(bar + 1, int(height * (rng.uniform(0.82, 0.93) - tall)))
    bottom = min(int(height * 0.96), top + int(height * tall))
    margin = rng.randint(6, 22)
    ink.row(
        rng,
        image,
        text,
        (margin, top, width - margin, bottom),
        ink.style(rng, (0.52, 0.85)),
        letter,
    )
    ink.frame(rng, image, letter, 0.5)
    ink.bolts(rng, image, [(0.25, 0.1), (0.75, 0.1), (0.5, 0.55)], 0.25)
    return finish(image, text, "mercosul" if new else "br", bottom - top)


def two_lines(rng: random.Random) -> RenderedPlate:
    """Two-line plates: motorcycles, Vietnam, squarish European, Pakistani and Brazilian ones."""
    text = texts.draw(rng, "two_lines")
    width, height = rng.choice(
        ((220, 160), (200, 160), (240, 160), (190, 170), (280, 150), (320, 160))
    )
    plate, letter = ground(rng, 0.2)
    image = blank(width, height, plate)
    left, right = rng.randint(6, 20), width - rng.randint(6, 20)
    if rng.random() < 0.15:
        band(rng, image, 0, 32)
        left = 36
    elif rng.random() < 0.1:
        side = rng.randint(26, 50)
        cv2.rectangle(image, (0, 0), (side, height), ink.colour(rng, 0, 200), -1)
        emblem(rng, image, (4, 10, side - 8, height // 2))
        left = side + 4
    top, bottom = int(height * rng.uniform(0.05, 0.1)), int(height * rng.uniform(0.90, 0.96))
    if rng.random() < 0.25:
        ink.small_print(
            rng,
            image,
            rng.choice(PLACES + COUNTRIES),
            (width / 2, height * 0.07),
            rng.randint(10, 18),
            letter,
            width=width * 0.7,
        )
        top = int(height * 0.15)
    if rng.random() < 0.35:  # as on motorcycles of Brazil, where the two lines fill two thirds
        top += int((bottom - top) * rng.uniform(0.0, 0.2))
        bottom -= int((bottom - top) * rng.uniform(0.0, 0.2))
    middle = top + (bottom - top) * rng.uniform(0.42, 0.55)
    space = (bottom - top) * rng.uniform(0.02, 0.09)
    how = ink.style(rng, (0.42, 0.8))
    first, second = text.split("|")
    inset = rng.choice((0, 0, 0.12, 0.2)) * width
    ink.row(
        rng,
        image,
        first,
        (int(left + inset), top, int(right - inset), int(middle - space)),
        how,
        letter,
    )
    ink.row(rng, image, second, (left, int(middle + space), right, bottom), how, letter)
    ink.frame(rng, image, letter, 0.6)
    ink.bolts(rng, image, [(0.12, 0.5), (0.88, 0.5), (0.5, 0.06)], 0.2)
    return finish(image, text, "two_lines", min(middle - top, bottom - middle))


def other(rng: random.Random) -> RenderedPlate:
    """Everything else.

    Plain plates of Asia, Africa and Australia, dark ones, wide ones, names above or below.
    """
    text = texts.draw(rng, "other", 0.35)
    width, height = rng.choice(((320, 80), (320, 100), (320, 120), (320, 140), (380, 90)))
    plate, letter = ground(rng, 0.45)
    image = blank(width, height, plate)
    if rng.random() < 0.2:
        scenery(rng, image, sum(plate) < 300)
    left, right = rng.randint(5, 20), width - rng.randint(5, 20)
    top, bottom = int(height * rng.uniform(0.08, 0.2)), int(height * rng.uniform(0.8, 0.92))
    look = rng.random()
    if look < 0.15:
        side = rng.randint(30, 60)
        cv2.rectangle(image, (0, 0), (side, height), ink.colour(rng), -1)
        emblem(rng, image, (3, 4, side - 6, height - 8))
        left = side + 4
    elif look < 0.6 and height >= 100:
        above = look >= 0.4
        if above:
            top = int(height * 0.3)
        else:
            bottom = int(height * 0.72)
        ink.small_print(
            rng,
            image,
            rng.choice(PLACES + COUNTRIES),
            (width / 2, height * (0.14 if above else 0.86)),
            rng.randint(12, 22),
            letter,
            width=width * 0.8,
        )
    ink.row(rng, image, text, (left, top, right, bottom), ink.style(rng, (0.4, 0.85)), letter)
    ink.frame(rng, image, letter, 0.5)
    ink.bolts(rng, image, [(0.1, 0.5), (0.9, 0.5), (0.25, 0.1), (0.75, 0.1)], 0.2)
    return finish(image, text, "other", bottom - top)


LAYOUTS: dict[str, tuple[Callable[[random.Random], RenderedPlate], float]] = {
    "eu": (europe, 0.27),
    "us": (america, 0.29),
    "br": (brazil, 0.2),
    "two_lines": (two_lines, 0.13),
    "other": (other, 0.11),
}


def render_plate(rng: random.Random, layout: str | None = None) -> RenderedPlate:
    """A random plate, of the given layout (see LAYOUTS) or of any.

    The same seed gives the same plate.
    """
    if layout is None:
        layout = rng.choices(list(LAYOUTS), [share for _, share in LAYOUTS.values()])[0]
    plate = LAYOUTS[layout][0](rng)
    if rng.random() < 0.1:
        dirt(rng, plate.image)
    return plate
