"""Drawing on a flat plate: rows of characters, small print, stickers, bolts, frames."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from training.alphabet import ALPHABET, DIGITS, LETTERS
from training.render import fonts

Colour = tuple[int, int, int]
FOREIGN = "#"  # a sign of another script, not to be read
SMALLER = "^"  # from here on a line's signs are smaller, their tops in line with the others'
SMALL = (0.5, 0.75)  # of the others' height
GAPS = {" ": (0.2, 0.8), "-": (0.3, 0.65), ".": (0.2, 0.45), "*": (0.5, 1.1)}  # in cells


@dataclass(frozen=True)
class Style:
    """How one plate's characters are cut: the font, cell width over height, pitch and pressing."""

    face: fonts.Face
    cell: float
    gap: float
    equal: bool
    bolder: int
    emboss: float
    slant: float = 0.0


def style(rng: random.Random, cell: tuple[float, float] = (0.40, 0.75)) -> Style:
    """A random cut of characters."""
    return Style(
        face=fonts.cut_or_font(rng),
        cell=rng.uniform(*cell),
        gap=rng.uniform(0.05, 0.3),
        equal=rng.random() < 0.6,
        bolder=rng.choices((0, 1, -1), (5, 2, 1))[0],
        emboss=rng.uniform(0.2, 0.9) if rng.random() < 0.4 else 0.0,
        slant=rng.uniform(0.1, 0.3) if rng.random() < 0.04 else 0.0,
    )


def shade(rng: random.Random, low: int, high: int, tint: int = 25) -> Colour:
    """A grey between low and high, tinted."""
    base = rng.randint(low, high)
    red, green, blue = (min(255, max(0, base + rng.randint(-tint, tint))) for _ in range(3))
    return red, green, blue


def colour(rng: random.Random, low: int = 0, high: int = 255) -> Colour:
    """Any colour with channels between low and high."""
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _widths(text: str, how: Style, height: float) -> list[float]:
    """Width in pixels of every character's ink at this height."""
    cell = how.cell * height
    zero = fonts.glyph(how.face, "0").shape
    scale = how.cell / (zero[1] / zero[0])
    widths = []
    for char in text:
        rows, columns = fonts.glyph(how.face, char).shape
        natural = columns / rows * height * scale
        # Plate alphabets are cut to equal cells, but for I and 1, which stay narrow.
        widths.append(
            min(cell, natural)
            if how.equal and char in "I1"
            else cell
            if how.equal
            else min(natural, 1.7 * cell)
        )
    return widths


def lay_out(
    rng: random.Random, text: str, how: Style, height: float
) -> tuple[list[tuple[str, float, float, float]], float]:
    """Where each sign goes: (sign, left, width, height) in pixels, and the whole width."""
    cell = how.cell * height
    widths = iter(_widths("".join(c for c in text if c in ALPHABET), how, height))
    seps = {sign: rng.uniform(*limits) * cell for sign, limits in GAPS.items()}
    seps[FOREIGN] = cell * rng.uniform(0.8, 1.3)
    at, scale, places = 0.0, 1.0, []
    for sign in text:
        if sign == SMALLER:
            scale = rng.uniform(*SMALL)
            continue
        width = scale * (next(widths) if sign in ALPHABET else seps[sign])
        slot = max(width, scale * cell) if how.equal and sign in ALPHABET else width
        places.append((sign, at + (slot - width) / 2, width, scale * height))
        at += slot + scale * cell * how.gap
    return places, max(1.0, at - scale * cell * how.gap)


def row(
    rng: random.Random,
    image: np.ndarray,
    text: str,
    box: tuple[int, int, int, int],
    how: Style,
    ink: Colour,
) -> None:
    """Draw one line of plate text, in place, squeezed into the box where it is too wide for it."""
    left, top, right, bottom = box
    places, total = lay_out(rng, text, how, bottom - top)
    squeeze = min(1.0, (right - left) / total)
    start = left + ((right - left) - total * squeeze) * rng.choice((0.5, 0.5, 0.5, rng.random()))
    mask: np.ndarray = np.zeros(image.shape[:2], np.uint8)
    for sign, at, width, height in places:
        x, w, h = int(start + at * squeeze), max(2, int(width * squeeze)), int(height)
        if sign == "*":
            sticker(rng, image, (x, top, w, h))
        elif sign == FOREIGN:
            _foreign(rng, mask, (x, top, w, h))
        elif sign in "-.":
            _separator(rng, mask, sign, (x, top, w, h))
        elif sign != " ":
            glyph = cv2.resize(fonts.glyph(how.face, sign), (w, h), interpolation=cv2.INTER_AREA)
            y1, x1 = min(mask.shape[0], top + h), min(mask.shape[1], x + w)
            if x >= 0 and x1 > x:
                np.maximum(mask[top:y1, x:x1], glyph[: y1 - top, : x1 - x], out=mask[top:y1, x:x1])
    if how.slant:
        lean = np.array([[1, -how.slant, how.slant * (top + bottom) / 2], [0, 1, 0]])
        mask = cv2.warpAffine(mask, lean, mask.shape[::-1])
    paint(image, mask, ink, how)


def _foreign(rng: random.Random, mask: np.ndarray, place: tuple[int, int, int, int]) -> None:
    """Strokes as of a Chinese, Arabic or other sign, in (x, y, width, height)."""
    x, y, w, h = place
    thick = max(1, h // rng.randint(9, 14))
    for _ in range(rng.randint(4, 9)):
        start = (x + rng.randint(0, w), y + rng.randint(0, h))
        kind = rng.random()
        if kind < 0.4:
            end = (x + rng.randint(0, w), start[1] + rng.randint(-h // 20, h // 20))
        elif kind < 0.7:
            end = (start[0] + rng.randint(-w // 12 - 1, w // 12 + 1), y + rng.randint(0, h))
        else:
            end = (x + rng.randint(0, w), y + rng.randint(0, h))
        if kind < 0.9:
            cv2.line(mask, start, end, 255, thick)
        else:
            axes = (max(1, w // 4), max(1, h // 6))
            cv2.ellipse(mask, start, axes, 0, 0, rng.randint(90, 300), 255, thick)


def _separator(
    rng: random.Random, mask: np.ndarray, sign: str, place: tuple[int, int, int, int]
) -> None:
    x, top, w, height = place
    if sign == "-":
        thick = max(1, int(height * rng.uniform(0.07, 0.14)))
        y = top + height // 2
        cv2.rectangle(mask, (x + w // 8, y - thick // 2), (x + w - w // 8, y + thick // 2), 255, -1)
    else:
        radius = max(1, int(min(w * 0.45, height * 0.1)))
        y = top + int(height * rng.choice((0.5, 0.5, 0.9)))
        cv2.circle(mask, (x + w // 2, y), radius, 255, -1)


def paint(image: np.ndarray, mask: np.ndarray, ink: Colour, how: Style) -> None:
    """Put ink on the image through a mask (height, width): thickened, thinned or pressed."""
    if how.bolder > 0:
        mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
    elif how.bolder < 0:
        mask = cv2.erode(mask, np.ones((2, 2), np.uint8))
    x, y, w, h = cv2.boundingRect(mask)
    x, y = max(0, x - 3), max(0, y - 3)
    part = image[y : y + h + 6, x : x + w + 6]
    alpha = mask[y : y + h + 6, x : x + w + 6]
    if how.emboss:
        # Pressed characters catch light on one side and throw a shadow on the other.
        rim = np.roll(alpha, (2, 2), (0, 1)).astype(np.int16) - np.roll(alpha, (-2, -2), (0, 1))
        lit = part + (rim * (-how.emboss * 0.35)).astype(np.int16)[..., None]
        np.copyto(part, np.clip(lit, 0, 255).astype(np.uint8))
    weight = alpha[..., None].astype(np.uint16)
    blended = (part * (255 - weight) + np.array(ink, np.uint16) * weight) // 255
    np.copyto(part, blended.astype(np.uint8))


def small_print(
    rng: random.Random,
    image: np.ndarray,
    text: str,
    centre: tuple[float, float],
    size: int,
    ink: Colour,
    *,
    width: float = 1e9,
) -> None:
    """A slogan, name or date, centred on a point, at most `width` pixels wide."""
    mask = fonts.words(fonts.choose(rng, 0.4), text, size)
    if mask.shape[1] > width:
        mask = cv2.resize(mask, (max(1, int(width)), mask.shape[0]), interpolation=cv2.INTER_AREA)
    h, w = mask.shape
    x, y = int(centre[0] - w / 2), int(centre[1] - h / 2)
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(image.shape[1], x + w), min(image.shape[0], y + h)
    if x1 <= x0 or y1 <= y0:
        return
    weight = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.uint16)
    part = image[y0:y1, x0:x1]
    np.copyto(
        part, ((part * (255 - weight) + np.array(ink, np.uint16) * weight) // 255).astype(np.uint8)
    )


def sticker(rng: random.Random, image: np.ndarray, place: tuple[int, int, int, int]) -> None:
    """One or two seals, crests or stickers, one above the other, in (x, y, width, height)."""
    x, y, w, h = place
    count = rng.choice((1, 1, 2))
    for index in range(count):
        radius = max(2, int(min(w * 0.48, h / (2.1 * count) * rng.uniform(0.6, 1))))
        cx = x + w // 2
        cy = int(y + h * ((index + 0.5) / count if count > 1 else rng.uniform(0.3, 0.7)))
        rim = max(1, radius // 6)
        if rng.random() < 0.8:
            cv2.circle(image, (cx, cy), radius, colour(rng, 40, 250), -1)
            cv2.circle(image, (cx, cy), radius, colour(rng, 0, 220), rim)
        else:
            cv2.rectangle(
                image,
                (cx - radius, cy - radius),
                (cx + radius, cy + radius),
                colour(rng, 40, 250),
                -1,
            )
        for _ in range(rng.randint(0, 3)):
            spot = (
                cx + int(rng.uniform(-0.4, 0.4) * radius),
                cy + int(rng.uniform(-0.4, 0.4) * radius),
            )
            cv2.circle(
                image,
                spot,
                max(1, int(radius * rng.uniform(0.15, 0.55))),
                colour(rng),
                rng.choice((-1, 1)),
            )
        if rng.random() < 0.35:
            small_print(rng, image, rng.choice(DIGITS + LETTERS), (cx, cy), radius, colour(rng))


def bolts(
    rng: random.Random, image: np.ndarray, points: list[tuple[float, float]], chance: float = 0.4
) -> None:
    """Screw heads or holes at some of the points, given as shares of width and height."""
    height, width = image.shape[:2]
    for x, y in points:
        if rng.random() < chance:
            radius = max(2, int(height * rng.uniform(0.02, 0.05)))
            cv2.circle(image, (int(x * width), int(y * height)), radius, shade(rng, 20, 230), -1)


def frame(rng: random.Random, image: np.ndarray, ink: Colour, chance: float = 0.6) -> None:
    """A line along the edge of the plate."""
    if rng.random() < chance:
        inset = rng.randint(0, 4)
        height, width = image.shape[:2]
        cv2.rectangle(
            image, (inset, inset), (width - 1 - inset, height - 1 - inset), ink, rng.randint(1, 4)
        )
