"""What cameras burn into a picture: clock, names, numbers of models; never a plate."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.images import Image
from training.render.fonts import choose, words
from training.render.street import text_of
from training.scenes.distractors import ink
from training.scenes.paste import Box, Rng, touches

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
    "AA-9999",
    "A9999",
    "AAA 9999-AA",
    "AAAA99",
    "AA99",
    "9999A",
    "AAA:9999",
)
STROKES = cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_COMPLEX_SMALL
ANYWHERE = 6  # the number after those of corners and edges
BLOCKS = 9  # high are coarse letters
WEEKDAYS = "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"


def filled(rng: random.Random, pattern: str) -> str:
    """Letters for A and digits for 9; anything else stays."""
    kinds = {"A": LETTERS, "9": DIGITS}
    return "".join(rng.choice(kinds[char]) if char in kinds else char for char in pattern)


def line_of(rng: random.Random) -> str:
    """One line: a clock, a camera's name, the number of a model, or two of these."""
    kind = rng.random()
    if kind < 0.4:
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
    """A text's BGR colour, how its letters are made, and what is behind them.

    ``bar`` is how much a bar of the opposite colour covers, 0 to 1; ``rim`` the width in pixels of
    a rim of that colour; ``coarse`` are letters of whole blocks, as of a character generator.
    """

    colour: NDArray[np.int64]
    bar: float
    rim: int
    coarse: bool


def look_of(rng: Rng) -> Look:
    """White as a rule, or black, or any colour."""
    bar = float(rng.choice([1.0, 1.0, rng.uniform(0.3, 0.8)])) if rng.random() < 0.35 else 0.0
    rim = int(rng.integers(1, 4)) if not bar and rng.random() < 0.6 else 0
    colour = np.full(3, 255 if rng.random() < 0.8 else 0)
    if rng.random() < 0.15:
        colour = rng.integers(0, 256, 3)
    return Look(colour, bar, rim, bool(rng.random() < 0.25))


def burn_in(image: Image, taken: NDArray[np.float32], rng: Rng) -> list[Box]:
    """Write one to three blocks of such lines, in place, away from boxes [n, 4+].

    Most are in corners. The boxes [4] of the lines.
    """
    python = random.Random(int(rng.integers(1 << 62)))
    rows = int(np.clip(image.shape[0] * np.exp(rng.uniform(np.log(0.022), np.log(0.11))), 7, 60))
    look, write = look_of(rng), writer(python)
    written: list[Box] = []
    for corner in rng.permutation(ANYWHERE + 1)[: int(rng.integers(1, 4))]:
        lines = [line_of(python) for _ in range(int(rng.choice([1, 1, 1, 2, 3])))]
        masks = [scaled(write(line), rows, image.shape[1], look.coarse) for line in lines]
        written += place(image, np.array([*taken[:, :4], *written]), masks, int(corner), look, rng)
    return written


def writer(rng: random.Random) -> Callable[[str], NDArray[np.uint8]]:
    """What makes masks of texts: a font, or the strokes that OpenCV draws."""
    if rng.random() < 0.2:
        face = rng.choice(STROKES), rng.randint(1, 4)
        return lambda text: drawn(text, *face)
    font = choose(rng, 0.3)
    return lambda text: words(font, text, 40)


def drawn(text: str, face: int, thickness: int) -> NDArray[np.uint8]:
    """A text in OpenCV's strokes, about 40 pixels high."""
    (width, height), below = cv2.getTextSize(text, face, 1.4, thickness)
    mask = np.zeros((height + below + 2, width + 2 * thickness), np.uint8)
    cv2.putText(mask, text, (thickness, height), face, 1.4, 255, thickness, cv2.LINE_AA)
    return mask


def scaled(
    mask: NDArray[np.uint8], rows: int, most: int, coarse: bool = False
) -> NDArray[np.uint8]:
    """The mask so many pixels high, and narrower than ``most``."""
    factor = min(rows / mask.shape[0], 0.9 * most / mask.shape[1])
    size = max(2, round(mask.shape[1] * factor)), max(2, round(mask.shape[0] * factor))
    if coarse and size[1] > 2 * BLOCKS:
        mask = np.asarray(
            cv2.resize(
                mask,
                None,
                fx=BLOCKS / mask.shape[0],
                fy=BLOCKS / mask.shape[0],
                interpolation=cv2.INTER_AREA,
            ),
            np.uint8,
        )
        mask = np.where(mask > 96, 255, 0).astype(np.uint8)
        return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, size, interpolation=way), np.uint8)


def place(
    image: Image,
    taken: NDArray[np.float32],
    masks: list[NDArray[np.uint8]],
    corner: int,
    look: Look,
    rng: Rng,
) -> list[Box]:
    """Write lines under one another, in place, where nothing is; the boxes of the lines.

    ``corner`` is one of the corners (0 to 3), the middle of an edge (4, 5), or ANYWHERE.
    """
    gap = int(rng.integers(2, 9))
    wide, tall = max(m.shape[1] for m in masks), sum(m.shape[0] + gap for m in masks)
    x, y = corner_of(image.shape[:2], (wide, tall), corner, rng)
    pad = int(rng.integers(1, 8))
    box = np.array([x - pad, y - pad, x + wide + pad, y + tall + pad], np.float32)
    # A text on a bar of its own in the middle of a picture looks like a plate to anyone.
    if touches(box, taken) or (corner == ANYWHERE and look.bar):
        return []
    written = []
    for mask in masks:
        write(image, mask, (x, y), pad, look)
        bottom, right = y + mask.shape[0], x + mask.shape[1]
        written.append(np.array([x, y, right, bottom], np.float32))
        y = bottom + gap
    return written


def corner_of(
    shape: Sequence[int], size: tuple[int, int], corner: int, rng: Rng
) -> tuple[int, int]:
    """Where a block (width, height) begins in an image (height, width): x and y."""
    height, width = shape
    wide, tall = size
    if corner == ANYWHERE:
        return (
            int(rng.integers(0, max(1, width - wide))),
            int(rng.integers(0, max(1, height - tall))),
        )
    edge_x, edge_y = (int(rng.integers(0, max(2, side // 30))) for side in (width, height))
    x = (edge_x, width - wide - edge_x, (width - wide) // 2)[corner % 2 if corner < 4 else 2]
    y = edge_y if corner in (0, 1, 4) else height - tall - edge_y
    return max(0, x), max(0, y)


def write(image: Image, mask: NDArray[np.uint8], at: tuple[int, int], pad: int, look: Look) -> None:
    """Write one line at (x, y), in place, on its bar or with its rim."""
    x, y = at
    tone = 0 if look.colour.mean() > 128 else 255
    if look.bar:
        part = image[
            max(0, y - pad) : y + mask.shape[0] + pad, max(0, x - pad) : x + mask.shape[1] + pad
        ]
        part[:] = (part * (1 - look.bar) + tone * look.bar).astype(np.uint8)
    elif look.rim:
        room = look.rim
        wider = cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
        rim = np.asarray(cv2.dilate(wider, np.ones((2 * room + 1,) * 2, np.uint8)), np.uint8)
        if x >= room and y >= room:
            ink(image, rim, x - room, y - room, np.full(3, tone))
    ink(image, mask, x, y, look.colour)
