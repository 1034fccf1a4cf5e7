"""Text that is no plate: burnt-in dates, shop signs, car names, stickers, paper on walls."""

from __future__ import annotations

import random
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from training.images import Image
from training.render.fonts import choose, words
from training.render.street import text_of
from training.scenes.paste import Rng, hull, pose, touches


@lru_cache(maxsize=600)
def mask_of(kind: str, number: int) -> NDArray[np.uint8]:
    """Text of a kind as a mask (height, width), the same for the same number."""
    rng = random.Random(f"{kind}{number}")
    return words(choose(rng, 0.35), text_of(kind, rng), 40)


def ink(image: Image, mask: NDArray[np.uint8], x: int, y: int, colour: NDArray[np.int64]) -> None:
    """Colour a mask into the image at (x, y), in place, what falls outside left out."""
    part = image[y : y + mask.shape[0], x : x + mask.shape[1]]
    weight = mask[: part.shape[0], : part.shape[1], None] / np.float32(255)
    part[:] = (part * (1 - weight) + colour * weight).astype(np.uint8)


def stamp_date(image: Image, rng: Rng) -> None:
    """What cameras burn in: flat bright text near an edge, perhaps outlined or on a bar."""
    mask = mask_of("stamp", int(rng.integers(300)))
    rows = int(rng.integers(7, 26))
    columns = min(image.shape[1] - 2, round(mask.shape[1] * rows / mask.shape[0]))
    mask = np.asarray(cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    x = int(
        rng.choice([rng.integers(0, 14), max(0, image.shape[1] - columns - rng.integers(1, 14))])
    )
    y = int(rng.choice([rng.integers(0, 14), image.shape[0] - rows - rng.integers(1, 14)]))
    colour = np.full(3, 255) if rng.random() < 0.7 else rng.integers(0, 256, 3)
    if rng.random() < 0.3:
        tone = 0 if colour.mean() > 128 else 255
        cv2.rectangle(image, (x - 3, y - 3), (x + columns + 3, y + rows + 3), (tone,) * 3, -1)
    elif rng.random() < 0.5:
        ink(image, np.asarray(cv2.dilate(mask, np.ones((3, 3))), np.uint8), x, y, np.zeros(3, int))
    ink(image, mask, x, y, colour)


def put_text(image: Image, taken: NDArray[np.float32], kind: str, rng: Rng) -> None:
    """A badge or a sign of one to five lines, away from the boxes `taken`, in place."""
    lines = 1 if kind == "badge" else int(rng.choice([1, 1, 2, 3, 5]))
    masks = [mask_of(kind, int(rng.integers(300))) for _ in range(lines)]
    width = max(mask.shape[1] for mask in masks)
    board = np.zeros((56 * lines + 16, width + 24), np.uint8)
    for line, mask in enumerate(masks):
        left, top = 12 + (width - mask.shape[1]) // 2, 10 + 56 * line
        part = board[top : top + mask.shape[0], left : left + mask.shape[1]]
        np.maximum(part, mask[: part.shape[0]], out=part)
    wide = float(np.exp(rng.uniform(np.log(18), np.log(0.5 * image.shape[1]))))
    target = pose(wide, board.shape[1] / board.shape[0], rng)
    target = target + rng.uniform((0, 0), (image.shape[1], image.shape[0])).astype(np.float32)
    if touches(hull(target), taken):
        return
    # A single line on a board of its own looks like a plate to anyone; only longer signs get one.
    if lines > 2 and rng.random() < 0.7:
        tone = tuple(int(v) for v in rng.integers(0, 256, 3))
        cv2.fillConvexPoly(image, target.astype(np.int32), tone, cv2.LINE_AA)
    draw_mask(image, board, target.astype(np.float32), rng.integers(0, 256, 3))


def draw_mask(
    image: Image, mask: NDArray[np.uint8], target: NDArray[np.float32], colour: NDArray[np.int64]
) -> None:
    """Colour a mask (height, width), warped to the corners `target` [4, 2], in place."""
    low = np.maximum(np.floor(target.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(target.max(0)) + 1, image.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    rows, columns = mask.shape
    scale = float(np.ptp(target[:, 0])) / columns
    if scale < 0.7:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.4 / scale), np.uint8)
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target - low.astype(np.float32))
    size = int(high[0] - low[0]), int(high[1] - low[1])
    warped = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)
    ink(image, np.asarray(warped, np.uint8), int(low[0]), int(low[1]), colour)


def distract(image: Image, taken: NDArray[np.float32], rng: Rng) -> None:
    """Put text that is no plate into the image, in place, away from the boxes `taken` [n, 4+]."""
    if rng.random() < 0.5:
        stamp_date(image, rng)
    for _ in range(int(rng.integers(0, 4))):
        put_text(image, taken, "badge" if rng.random() < 0.4 else "sign", rng)
