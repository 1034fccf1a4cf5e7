"""Streets without a vehicle, drawn: houses, trees, signs. What is around signs, in flat colours."""

from __future__ import annotations

import random

import cv2
import numpy as np

from training.render import ink
from training.render.camera import camera
from training.render.street import round_sign

Box = tuple[float, float, float, float]


def row_of_houses(rng: random.Random) -> tuple[np.ndarray, list[Box]]:
    """An RGB image uint8 (rows, columns, 3), and the boxes of the signs in it."""
    columns = rng.randint(400, 1280)
    rows = round(columns * rng.uniform(0.5, 0.8))
    image, ground = _sky(rng, rows, columns), round(rows * rng.uniform(0.5, 0.85))
    left = 0
    while left < columns:
        right = left + round(columns * rng.uniform(0.1, 0.4))
        _house(rng, image, (left, round(rows * rng.uniform(-0.1, 0.35)), right, ground))
        left = right
    _ground(rng, image, ground)
    for _ in range(rng.randint(0, 5)):
        _tree(rng, image, ground)
    signs = [_sign(rng, image, ground) for _ in range(rng.randint(2, 7))]
    return camera(rng, image, max(8.0, rows * 0.03)), signs


def _sky(rng: random.Random, rows: int, columns: int) -> np.ndarray:
    above, below = (np.array(ink.shade(rng, 60, 240), np.float32) for _ in range(2))
    way = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    return np.repeat(above * (1 - way) + below * way, columns, 1).astype(np.uint8)


def _house(rng: random.Random, image: np.ndarray, place: tuple[int, int, int, int]) -> None:
    """A wall, plain or of courses, with rows of windows and often a shop window."""
    left, top, right, bottom = place
    wall = np.array(ink.shade(rng, 30, 225, 30))
    cv2.rectangle(image, (left, top), (right, bottom), wall.tolist(), -1)
    if rng.random() < 0.3:
        course = (wall * rng.uniform(0.75, 1.1)).clip(0, 255).tolist()
        for row in range(top, bottom, rng.randint(4, 14)):
            cv2.line(image, (left, row), (right, row), course)
    wide, high = rng.uniform(0.03, 0.09) * len(image), rng.uniform(0.04, 0.11) * len(image)
    frame = ink.shade(rng, 40, 250) if rng.random() < 0.5 else None
    for up in np.arange(top + high * 0.6, bottom - high * rng.uniform(1, 3), high * 2):
        for column in np.arange(left + wide * 0.4, right - wide, wide * rng.uniform(1.4, 2.4)):
            corners = (int(column), int(up)), (int(column + wide), int(up + high))
            cv2.rectangle(image, *corners, ink.shade(rng, 10, 160, 40), -1)
            if frame:
                cv2.rectangle(image, *corners, frame, 2)
    if rng.random() < 0.5:
        shop = (left + 5, bottom - round(high * rng.uniform(1, 2))), (right - 5, bottom - 4)
        cv2.rectangle(image, *shop, ink.shade(rng, 10, 120, 30), -1)


def _ground(rng: random.Random, image: np.ndarray, top: int) -> None:
    """A pavement and a road, perhaps with its marks."""
    kerb = top + round((len(image) - top) * rng.uniform(0.1, 0.5))
    image[top:kerb], image[kerb:] = ink.shade(rng, 90, 210, 10), ink.shade(rng, 30, 130, 10)
    if rng.random() < 0.6:
        row, length = round(rng.uniform(kerb, len(image))), rng.randint(30, 150)
        for left in range(rng.randint(-100, 0), image.shape[1], 2 * length):
            cv2.line(image, (left, row), (left + length, row), (215, 215, 205), rng.randint(2, 9))


def _tree(rng: random.Random, image: np.ndarray, ground: int) -> None:
    rows, columns = image.shape[:2]
    x, y, size = rng.uniform(0, columns), rng.uniform(0.15, 0.5) * rows, rows * 0.08
    trunk = (round(x - size * 0.1), round(y)), (round(x + size * 0.1), ground)
    cv2.rectangle(image, *trunk, ink.shade(rng, 30, 110, 15), -1)
    green = rng.randint(50, 150)
    for _ in range(rng.randint(8, 30)):
        spot = round(rng.gauss(x, size * 0.7)), round(rng.gauss(y, size * 0.5))
        tone = round(green * rng.uniform(0.4, 0.8)), green, round(green * rng.uniform(0.3, 0.6))
        cv2.circle(image, spot, round(size * rng.uniform(0.2, 0.6)), tone, -1, cv2.LINE_AA)


def _sign(rng: random.Random, image: np.ndarray, ground: int) -> Box:
    """A board on a wall or on a post, and sometimes a round sign before it."""
    rows, columns = image.shape[:2]
    wide = columns * rng.uniform(0.04, 0.25)
    high = wide / rng.uniform(1.2, 5)
    left, top = rng.uniform(0, columns - wide), rng.uniform(0.1 * rows, ground + 0.1 * rows - high)
    corners = (round(left), round(top)), (round(left + wide), round(top + high))
    if rng.random() < 0.4:
        post = round(left + wide / 2)
        cv2.line(image, (post, round(top)), (post, ground + 5), ink.shade(rng, 30, 180), 4)
    cv2.rectangle(image, *corners, ink.colour(rng), -1)
    cv2.rectangle(image, *corners, ink.colour(rng), rng.randint(1, 4))
    if rng.random() < 0.3:
        x, y = left + wide * rng.uniform(0.6, 1.1), top + high * rng.random()
        round_sign(rng, image, (x, y, high * rng.uniform(0.3, 0.7)), ground + 0.05 * rows)
    return left, top, left + wide, top + high
