"""What cameras burn into a picture: clock, names, numbers of models; never a plate."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.images import Image
from training.render.fonts import choose, words
from training.render.street import text_of
from training.scenes.distractors import ink
from training.scenes.paste import Rng, touches

LETTERS, DIGITS = string.ascii_uppercase, string.digits
PATTERNS = (
    "AA-9AA9999A",
    "AAA9999A",
    "AAA999",
    "AAA99",
    "A9999AA",
    "AAAA 9",
    "AAAA 99",
    "AA9 99A",
    "99 fps",
    "99.9 km/h",
    "999 Mb/s",
    "AAA 99%",
    "9999x999",
    "AA:99:A9:99",
    "99.99.99.99",
    "AAAA-99",
    "99 C",
    "9.9 kB/s AAA",
    "#999",
    "999.999 V",
    "N 99.9999 E 9.9999",
)
WEEKDAYS = "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"


def filled(rng: random.Random, pattern: str) -> str:
    """Letters for A and digits for 9; anything else stays."""
    kinds = {"A": LETTERS, "9": DIGITS}
    return "".join(rng.choice(kinds[char]) if char in kinds else char for char in pattern)


def line_of(rng: random.Random) -> str:
    """One line: a clock, a camera's name, the number of a model, or two of these."""
    kind = rng.random()
    if kind < 0.45:
        text = text_of("stamp", rng)
        return f"{text} {rng.choice(WEEKDAYS)}" if rng.random() < 0.15 else text
    if kind < 0.75:
        return filled(rng, rng.choice(PATTERNS))
    if kind < 0.87:
        name = filled(rng, rng.choice(PATTERNS[:6]))
        return rng.choice((name, f"{text_of('stamp', rng)} {name}"))
    return rng.choice((text_of("sign", rng), text_of("badge", rng))).upper()


@dataclass(frozen=True)
class Look:
    """A text's BGR colour, and whether it is on a bar or has a rim of the opposite one."""

    colour: NDArray[np.int64]
    boxed: bool
    outlined: bool


def look_of(rng: Rng) -> Look:
    """White as a rule, or black, or any colour."""
    boxed = rng.random() < 0.35
    outlined = not boxed and rng.random() < 0.6
    colour = np.full(3, 255 if rng.random() < 0.8 else 0)
    return Look(rng.integers(0, 256, 3) if rng.random() < 0.15 else colour, boxed, outlined)


def burn_in(image: Image, taken: NDArray[np.float32], rng: Rng) -> None:
    """Write one to three blocks of such lines into corners, in place, away from boxes [n, 4+]."""
    python = random.Random(int(rng.integers(1 << 62)))
    face = choose(python, 0.3)
    rows = int(np.clip(image.shape[0] * np.exp(rng.uniform(np.log(0.022), np.log(0.11))), 7, 60))
    look = look_of(rng)
    for corner in rng.permutation(6)[: int(rng.integers(1, 4))]:
        lines = [line_of(python) for _ in range(int(rng.choice([1, 1, 1, 2, 3])))]
        masks = [scaled(words(face, line, 40), rows, image.shape[1]) for line in lines]
        place(image, taken, masks, int(corner), look, rng)


def scaled(mask: NDArray[np.uint8], rows: int, most: int) -> NDArray[np.uint8]:
    """The mask so many pixels high, and narrower than ``most``."""
    factor = min(rows / mask.shape[0], 0.9 * most / mask.shape[1])
    size = max(2, round(mask.shape[1] * factor)), max(2, round(mask.shape[0] * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, size, interpolation=way), np.uint8)


def place(
    image: Image,
    taken: NDArray[np.float32],
    masks: list[NDArray[np.uint8]],
    corner: int,
    look: Look,
    rng: Rng,
) -> None:
    """Write lines under one another into a corner (0 to 3) or the middle of an edge, in place."""
    height, width = image.shape[:2]
    gap = int(rng.integers(2, 9))
    wide, tall = max(m.shape[1] for m in masks), sum(m.shape[0] + gap for m in masks)
    edge_x, edge_y = (int(rng.integers(0, max(2, side // 30))) for side in (width, height))
    x = (edge_x, width - wide - edge_x, (width - wide) // 2)[corner % 3 if corner < 4 else 2]
    y = edge_y if corner in (0, 1, 4) else height - tall - edge_y
    x, y = max(0, x), max(0, y)
    pad = int(rng.integers(1, 8))
    box = np.array([x - pad, y - pad, x + wide + pad, y + tall + pad], np.float32)
    if touches(box, taken):
        return
    tone = 0 if look.colour.mean() > 128 else 255
    for mask in masks:
        bottom, right = y + mask.shape[0], x + mask.shape[1]
        if look.boxed:
            cv2.rectangle(
                image, (x - pad, y - pad), (right + pad, bottom + pad), (tone, tone, tone), -1
            )
        elif look.outlined:
            rim = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
            ink(image, rim, x, y, np.full(3, tone))
        ink(image, mask, x, y, look.colour)
        y += mask.shape[0] + gap
