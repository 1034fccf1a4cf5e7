"""What plates carry beside their number and what must not be read: bands, drawings, stickers."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from training.alphabet import LETTERS
from training.render import ink
from training.render.words import EUROPE, MONTHS, PLACES


def _stars(rng: random.Random, image: np.ndarray, place: tuple[int, int, float]) -> None:
    """Twelve stars, white or gold, in a ring around (x, y) of that radius."""
    gold = rng.randint(190, 250), rng.randint(160, 220), rng.randint(20, 120)
    tone = ink.shade(rng, 150, 255, 15) if rng.random() < 0.4 else gold
    x, y, radius = place
    for star in range(12):
        angle = star * math.pi / 6
        spot = int(x + radius * math.sin(angle)), int(y + radius * math.cos(angle))
        cv2.circle(image, spot, rng.choice((1, 1, 2)), tone, -1)


def band(rng: random.Random, image: np.ndarray, left: int, right: int) -> None:
    """The European band between two columns.

    A ring of stars above country letters, in any contrast.
    """
    height, width = image.shape[0], right - left
    low, high = rng.choice(((0, 70), (20, 120), (90, 190)))
    blue = (rng.randint(low // 2, low), rng.randint(low // 2, low), rng.randint(low, high))
    cv2.rectangle(image, (left, 0), (right - 1, height), blue, -1)
    x, y = left + width // 2, int(height * rng.uniform(0.22, 0.36))
    look = rng.random()
    if look < 0.7:
        _stars(rng, image, (x, y, width * rng.uniform(0.22, 0.36)))
    elif look < 0.85:
        axes, line = (int(width * 0.36), int(height * 0.13)), rng.choice((-1, 2))
        cv2.ellipse(image, (x, y), axes, 0, 0, 360, ink.colour(rng, 60), line)
    if rng.random() < 0.9:
        size, light = int(height * rng.uniform(0.2, 0.34)), ink.shade(rng, 150, 255, 15)
        centre = (left + width / 2, height * rng.uniform(0.66, 0.82))
        letters = rng.choice(EUROPE)
        ink.small_print(rng, image, letters, centre, size, light, width=width * 0.9)


def scenery(rng: random.Random, image: np.ndarray, dark: bool) -> None:
    """State graphics, in place.

    A wash of colour, hills, blobs, stripes, a drawing at one end or in the middle.
    """
    height, width = image.shape[:2]
    low, high = (0, 120) if dark else (110, 255)
    if rng.random() < 0.6:
        shape = (height, 1, 1) if rng.random() < 0.7 else (1, width, 1)
        ramp = np.linspace(rng.random(), rng.random(), max(shape), dtype=np.float32).reshape(shape)
        image[:] = (
            image * (1 - ramp) + np.array(ink.colour(rng, low, high), np.float32) * ramp
        ).astype(np.uint8)
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        centre = (rng.randint(0, width), rng.randint(0, height))
        axes = (rng.randint(5, width // 4), rng.randint(4, height // 3))
        near = image[min(height - 1, centre[1]), min(width - 1, centre[0])].astype(int)
        tone = tuple(int(min(255, max(0, v + rng.randint(-60, 60)))) for v in near)
        cv2.ellipse(image, centre, axes, rng.randint(0, 180), 0, 360, tone, -1)
    if rng.random() < 0.25:
        ridge = (
            [(0, height)]
            + [(x, int(height * rng.uniform(0.55, 0.9))) for x in range(0, width + 1, 40)]
            + [(width, height)]
        )
        cv2.fillPoly(image, [np.array(ridge, np.int32)], ink.colour(rng, low, high))
    if rng.random() < 0.2:
        edge = int(height * rng.uniform(0.08, 0.22))
        cv2.rectangle(image, (0, 0), (width, edge), ink.colour(rng), -1)
        if rng.random() < 0.5:
            cv2.rectangle(image, (0, height - edge), (width, height), ink.colour(rng), -1)


def emblem(rng: random.Random, image: np.ndarray, place: tuple[int, int, int, int]) -> None:
    """A drawing that must not be read as a character.

    Shield, logo, flower, tree or crest in (x, y, w, h).
    """
    x, y, w, h = place
    if rng.random() < 0.3:  # strokes, which are the easiest to take for a letter
        count, thick = rng.randint(4, 7), max(1, min(w, h) // rng.randint(8, 14))
        corners = [(x + rng.randint(0, w), y + rng.randint(0, h)) for _ in range(count)]
        line = np.array(corners, np.int32)
        cv2.polylines(image, [line], rng.random() < 0.5, ink.colour(rng), thick, cv2.LINE_AA)
        return
    for _ in range(rng.randint(2, 6)):
        points = np.array(
            [(x + rng.randint(0, w), y + rng.randint(0, h)) for _ in range(rng.randint(3, 6))],
            np.int32,
        )
        if rng.random() < 0.5:
            cv2.fillPoly(image, [cv2.convexHull(points)], ink.colour(rng))
        else:
            box = cv2.boundingRect(points)
            cv2.ellipse(
                image,
                (box[0] + box[2] // 2, box[1] + box[3] // 2),
                (box[2] // 2, box[3] // 2),
                rng.randint(0, 90),
                0,
                360,
                ink.colour(rng),
                rng.choice((-1, -1, 2, 3)),
            )


def corner_stickers(rng: random.Random, image: np.ndarray) -> None:
    """Month and year stickers in the corners of an American plate."""
    height, width = image.shape[:2]
    for x, y in ((0.1, 0.13), (0.9, 0.13), (0.1, 0.87), (0.9, 0.87)):
        if rng.random() < 0.28:
            w, h = int(width * rng.uniform(0.05, 0.085)), int(height * rng.uniform(0.07, 0.11))
            cx, cy = int(x * width), int(y * height)
            cv2.rectangle(image, (cx - w, cy - h), (cx + w, cy + h), ink.colour(rng, 30), -1)
            label = rng.choice(
                (
                    rng.choice(MONTHS),
                    str(rng.randint(1, 99)),
                    rng.choice(LETTERS),
                    str(rng.randint(2000, 2030)),
                )
            )
            ink.small_print(
                rng,
                image,
                label,
                (cx, cy),
                int(h * rng.uniform(1.0, 1.9)),
                ink.colour(rng, 0, 160),
                width=2 * w,
            )


def holder(rng: random.Random, image: np.ndarray) -> None:
    """A plate holder, in place: a rim over the edges, often with a dealer's name on it."""
    height, width = image.shape[:2]
    tone = rng.choice((ink.shade(rng, 0, 50, 8), ink.shade(rng, 150, 230, 8), ink.colour(rng)))
    letters = ink.shade(rng, 180, 255) if sum(tone) < 330 else ink.shade(rng, 0, 80)
    top, bottom = (int(height * rng.choice((0.03, 0.05, 0.12, 0.17))) for _ in range(2))
    side = int(width * rng.uniform(0.0, 0.03))
    for x1, y1, x2, y2 in (
        (0, 0, width, top),
        (0, height - bottom, width, height),
        (0, 0, side, height),
        (width - side, 0, width, height),
    ):
        if x2 > x1 and y2 > y1:
            cv2.rectangle(image, (x1, y1), (x2, y2), tone, -1)
    for thick, middle in ((top, top / 2), (bottom, height - bottom / 2)):
        if thick > height * 0.1 and rng.random() < 0.8:
            name = rng.choice(PLACES)
            size = int(thick * rng.uniform(0.55, 0.9))
            ink.small_print(
                rng, image, name, (width / 2, middle), size, letters, width=width * 0.85
            )


def dirt(rng: random.Random, image: np.ndarray) -> None:
    """Mud, rust, scratches or snow, in place."""
    height, width = image.shape[:2]
    tone = rng.choice(((110, 90, 70), (60, 50, 45), (235, 235, 240), (150, 110, 80)))
    layer = image.copy()
    for _ in range(rng.randint(2, 14)):
        spot = (rng.randint(0, width), rng.randint(0, height))
        if rng.random() < 0.7:
            axes = (rng.randint(1, width // 16), rng.randint(1, height // 8))
            cv2.ellipse(layer, spot, axes, rng.randint(0, 180), 0, 360, tone, -1)
        else:
            end = (spot[0] + rng.randint(-60, 60), spot[1] + rng.randint(-30, 30))
            cv2.line(layer, spot, end, tone, 1)
    weight = rng.uniform(0.15, 0.6)
    cv2.addWeighted(layer, weight, image, 1 - weight, 0, dst=image)
