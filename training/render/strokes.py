"""Alphabets drawn with a pen of even width, as dies of plates are cut, in hundreds of cuts.

Fonts have few of the forms that plates have: open fours, M and W with a short middle, flat A, boxy
2 and 3, I and 1 with and without serifs. A cut is a number; the same number draws the same forms.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

Point = tuple[float, float]
Stroke = tuple[Point, ...]  # points in a unit square, y down; closed where the last is the first

CUTS = 240
ROWS = 72  # pixels a glyph is high
FINE = 8  # the pen's positions are given in 1/8 pixel


def _s(*numbers: float) -> Stroke:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


ROUND = _s(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)
LEFT, RIGHT = _s(0, 0, 0, 1), _s(1, 0, 1, 1)
TOP, BOTTOM = _s(0, 0, 1, 0), _s(0, 1, 1, 1)
BOWL = _s(0, 0, 1, 0, 1, 0.52, 0, 0.52)
SERIFS = (_s(0.1, 0, 0.9, 0), _s(0.1, 1, 0.9, 1))
STEM = _s(0.5, 0, 0.5, 1)
SIX = (_s(1, 0.2, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0.45, 0, 0.45),)
SLANTED_SIX = (_s(0.8, 0, 0, 0.6, 0, 1, 1, 1, 1, 0.5, 0, 0.55),)
# Every form a sign may have; a cut has one of each.
FORMS: dict[str, tuple[tuple[Stroke, ...], ...]] = {
    "0": (*((ROUND,) for _ in range(6)), (ROUND, _s(0.15, 0.85, 0.85, 0.15))),
    "1": (
        (STEM,),
        (_s(0.15, 0.2, 0.5, 0, 0.5, 1),),
        (_s(0.15, 0.2, 0.5, 0, 0.5, 1), SERIFS[1]),
        (_s(0.2, 0, 0.5, 0, 0.5, 1), SERIFS[1]),
    ),
    "2": (
        (_s(0, 0.25, 0, 0, 1, 0, 1, 0.42, 0, 1), BOTTOM),
        (_s(0, 0.25, 0, 0, 1, 0, 1, 0.48, 0, 0.6, 0, 1), BOTTOM),
    ),
    "3": (
        (_s(0, 0.2, 0, 0, 1, 0, 1, 0.48, 0.4, 0.48), _s(0.4, 0.48, 1, 0.48, 1, 1, 0, 1, 0, 0.8)),
        (TOP, _s(1, 0, 0.45, 0.4), _s(0.45, 0.4, 1, 0.4, 1, 1, 0, 1, 0, 0.8)),
    ),
    "4": (
        (_s(0.75, 1, 0.75, 0), _s(0.75, 0, 0, 0.7), _s(0, 0.7, 1, 0.7)),
        (_s(0.1, 0, 0, 0.62), _s(0, 0.62, 1, 0.62), _s(0.75, 0.3, 0.75, 1)),
        (_s(0.35, 0, 0, 0.68), _s(0, 0.68, 1, 0.68), _s(0.7, 0.35, 0.7, 1)),
        (_s(0, 0, 0, 0.55), _s(0, 0.55, 1, 0.55), _s(0.9, 0, 0.9, 1)),
    ),
    "5": ((_s(1, 0, 0.05, 0), _s(0.05, 0, 0, 0.45), _s(0, 0.45, 1, 0.4, 1, 1, 0, 1, 0, 0.8)),),
    "6": (SIX, SIX, SLANTED_SIX),
    "7": ((TOP, _s(1, 0, 0.35, 1)), (_s(0, 0.15, 0, 0, 1, 0), _s(1, 0, 0.4, 1))),
    "8": (
        (
            _s(0.05, 0, 0.95, 0, 0.95, 0.47, 0.05, 0.47, 0.05, 0),
            _s(0, 0.47, 1, 0.47, 1, 1, 0, 1, 0, 0.47),
        ),
    ),
    "A": (
        (_s(0, 1, 0.5, 0), _s(0.5, 0, 1, 1), _s(0.2, 0.66, 0.8, 0.66)),
        (_s(0, 1, 0.38, 0, 0.62, 0, 1, 1), _s(0.15, 0.66, 0.85, 0.66)),
        (_s(0, 1, 0, 0, 1, 0, 1, 1), _s(0, 0.55, 1, 0.55)),
        (_s(0, 1, 0, 0, 1, 0, 1, 1), _s(0, 0.68, 1, 0.68)),
        (_s(0, 1, 0, 0.3, 0.3, 0, 0.7, 0, 1, 0.3, 1, 1), _s(0, 0.6, 1, 0.6)),
    ),
    "B": ((LEFT, _s(0, 0, 0.9, 0, 0.9, 0.48, 0, 0.48), _s(0, 0.48, 1, 0.48, 1, 1, 0, 1)),),
    "C": ((_s(1, 0.22, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0.78),),),
    "D": ((LEFT, _s(0, 0, 1, 0, 1, 1, 0, 1)),),
    "E": ((LEFT, TOP, BOTTOM, _s(0, 0.48, 0.8, 0.48)),),
    "F": ((LEFT, TOP, _s(0, 0.48, 0.8, 0.48)),),
    "G": ((_s(1, 0.22, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0.55), _s(1, 0.55, 0.55, 0.55)),),
    "H": ((LEFT, RIGHT, _s(0, 0.48, 1, 0.48)),),
    "I": ((STEM,), (STEM, *SERIFS)),
    "J": ((_s(1, 0, 1, 1, 0, 1, 0, 0.7),), (_s(0.4, 0, 0.9, 0), _s(0.9, 0, 0.9, 1, 0, 1, 0, 0.75))),
    "K": (
        (LEFT, _s(1, 0, 0, 0.6), _s(0.3, 0.42, 1, 1)),
        (LEFT, _s(1, 0, 0, 0.5), _s(0, 0.5, 1, 1)),
    ),
    "L": ((LEFT, BOTTOM),),
    "M": tuple((LEFT, RIGHT, _s(0, 0, 0.5, low), _s(0.5, low, 1, 0)) for low in (0.4, 0.6, 0.95)),
    "N": ((LEFT, RIGHT, _s(0, 0, 1, 1)),),
    "O": ((ROUND,),),
    "P": ((LEFT, BOWL),),
    "Q": (
        (ROUND, _s(0.55, 0.7, 1.05, 1.05)),
        (ROUND, _s(0.5, 0.75, 0.8, 1.12)),
        (ROUND, _s(0.5, 0.6, 0.95, 0.95)),
        (ROUND, _s(0.5, 0.72, 0.5, 1.1)),
    ),
    "R": ((LEFT, BOWL, _s(0.45, 0.52, 1, 1)), (LEFT, BOWL, _s(0.9, 0.52, 0.95, 1))),
    "S": ((_s(1, 0.2, 1, 0, 0, 0, 0, 0.47, 1, 0.52, 1, 1, 0, 1, 0, 0.8),),),
    "T": ((TOP, STEM),),
    "U": ((_s(0, 0, 0, 1, 1, 1, 1, 0),),),
    "V": ((_s(0, 0, 0.5, 1), _s(0.5, 1, 1, 0)),),
    "W": (
        *((LEFT, RIGHT, _s(0, 1, 0.5, up), _s(0.5, up, 1, 1)) for up in (0.3, 0.6)),
        (_s(0, 0, 0.22, 1), _s(0.22, 1, 0.5, 0.35), _s(0.5, 0.35, 0.78, 1), _s(0.78, 1, 1, 0)),
        (_s(0, 0, 0.25, 1), _s(0.25, 1, 0.5, 0), _s(0.5, 0, 0.75, 1), _s(0.75, 1, 1, 0)),
    ),
    "X": ((_s(0, 0, 1, 1), _s(1, 0, 0, 1)),),
    "Y": ((_s(0, 0, 0.5, 0.5), _s(0.5, 0.5, 1, 0), _s(0.5, 0.5, 0.5, 1)),),
    "Z": ((TOP, BOTTOM, _s(1, 0, 0, 1)),),
}
FORMS["9"] = tuple(
    tuple(tuple((1 - x, 1 - y) for x, y in stroke) for stroke in form) for form in FORMS["6"]
)


@dataclass(frozen=True)
class Cut:
    """Shape of one alphabet: width and pen over height, and how round corners are, over width."""

    width: float
    pen: float
    radius: float


@lru_cache(maxsize=CUTS)
def cut(number: int) -> Cut:
    """The alphabet of this number."""
    rng = random.Random(f"cut {number}")
    return Cut(rng.uniform(0.42, 0.62), rng.uniform(0.09, 0.2), rng.choice((0.12, 0.3, 0.5, 0.5)))


def _rounded(stroke: Stroke, radius: float) -> list[Point]:
    """The stroke with every inner corner replaced by a curve that starts `radius` away from it."""
    closed = stroke[0] == stroke[-1] and len(stroke) > 3
    points = [stroke[-2], *stroke, stroke[1]] if closed else list(stroke)
    path = [] if closed else [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        ends = []
        for other in (before, after):
            dx, dy = other[0] - corner[0], other[1] - corner[1]
            share = min(0.5, radius / max(1e-6, (dx * dx + dy * dy) ** 0.5))
            ends.append((corner[0] + dx * share, corner[1] + dy * share))
        for t in (0, 0.25, 0.5, 0.75, 1):
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            x, y = (a * ends[0][i] + b * corner[i] + c * ends[1][i] for i in (0, 1))
            path.append((x, y))
    return [*path, path[0]] if closed else [*path, points[-1]]


@lru_cache(maxsize=CUTS * 36)
def glyph(number: int, char: str) -> np.ndarray:
    """The character in this cut as a uint8 mask (height, width), without empty border."""
    shape = cut(number)
    forms = FORMS[char]
    form = forms[random.Random(f"{number} {char}").randrange(len(forms))]
    pen = max(3, round(shape.pen * ROWS))
    high, wide = ROWS - pen, shape.width * ROWS - pen
    mask = np.zeros((ROWS + 2 * pen, int(shape.width * ROWS) + 2 * pen), np.uint8)
    for stroke in form:
        path = np.array(_rounded(stroke, shape.radius)) * (wide, high) + 1.5 * pen
        whole = np.round(path * FINE).astype(np.int32)
        cv2.polylines(mask, [whole], False, 255, pen, cv2.LINE_AA, 3)
    x, y, w, h = cv2.boundingRect(mask)
    return np.ascontiguousarray(mask[y : y + h, x : x + w])
