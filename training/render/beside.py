"""What stands beside a plate's number and is none of it: flags, emblems, words of other scripts."""

from __future__ import annotations

import random
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.render import fonts, ink
from training.render.details import emblem
from training.render.words import COUNTRIES

Place = tuple[int, int, int, int]
# Signs of scripts whose letters nobody takes for Latin ones, by the part of a font that has them.
SCRIPTS = {
    "arabic": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "hebrew": "אבגדהזחטיכלמנסעפצקרשת",
    "devanagari": "अआइउएकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "thai": "กขคฆงจฉชซญฎฐฒณดตถทธนบปผพฟภมยรลวศษสหฬอฮ",
}


@cache
def _files(script: str) -> tuple[Path, ...]:
    """Font files with the script, of the families that plates are drawn with."""
    found = (fonts.FONTS / "node_modules" / "@fontsource").glob(
        f"*/files/*-{script}-*00-normal.woff2"
    )
    return tuple(sorted(found))


@lru_cache(maxsize=4000)
def _sign(path: Path, text: str) -> np.ndarray:
    """A text as a uint8 mask (height, width), without any empty border."""
    face = ImageFont.truetype(str(path), 60)
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=face)
    return np.asarray(image)


def foreign(rng: random.Random, count: int) -> np.ndarray:
    """So many signs of another script as a mask; blocks of strokes, as of Korean, now and then."""
    script = rng.choice([*SCRIPTS, "blocks"])
    if script == "blocks" or not _files(script):
        mask = np.zeros((60, 58 * count), np.uint8)
        for index in range(count):
            strokes(rng, mask[:, 58 * index : 58 * index + 52])
        return mask
    return _sign(rng.choice(_files(script)), "".join(rng.choices(SCRIPTS[script], k=count)))


def strokes(rng: random.Random, mask: np.ndarray) -> None:
    """A block of upright and level strokes and a ring, in place, as Hangul and Kanji have them."""
    height, width = mask.shape
    thick = rng.randint(4, 8)
    for _ in range(rng.randint(3, 6)):
        x, y = rng.randint(2, width - 3), rng.randint(2, height - 3)
        kind = rng.random()
        if kind < 0.45:
            cv2.line(
                mask,
                (rng.randint(0, width // 2), y),
                (rng.randint(width // 2, width), y),
                255,
                thick,
            )
        elif kind < 0.8:
            cv2.line(
                mask,
                (x, rng.randint(0, height // 2)),
                (x, rng.randint(height // 2, height)),
                255,
                thick,
            )
        elif kind < 0.93:
            cv2.circle(mask, (width // 2, height * 3 // 4), height // 5, 255, thick)
        else:
            cv2.line(mask, (width // 2, height // 5), (x, height // 2), 255, thick)


def put(image: np.ndarray, mask: np.ndarray, box: Place, tone: ink.Colour) -> None:
    """Colour a mask into a box (left, top, right, bottom) of the image, in place, as it fits."""
    left, top, right, bottom = box
    scale = min((right - left) / mask.shape[1], (bottom - top) / mask.shape[0])
    size = max(2, int(mask.shape[1] * scale)), max(2, int(mask.shape[0] * scale))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    x, y = left + (right - left - size[0]) // 2, top + (bottom - top - size[1]) // 2
    part = image[max(0, y) : y + size[1], max(0, x) : x + size[0]]
    weight = small[: part.shape[0], : part.shape[1], None] / np.float32(255)
    np.copyto(part, (part * (1 - weight) + np.array(tone) * weight).astype(np.uint8))


def flag(rng: random.Random, image: np.ndarray, box: Place) -> None:
    """A flag: bars upright or level, or a cross, in place; upright bars are read as 11 or 1."""
    left, top, right, bottom = box
    tones = [ink.colour(rng) for _ in range(3)]
    upright = rng.random() < 0.5
    for index, tone in enumerate(tones):
        if upright:
            x1, x2 = (left + (right - left) * (index + k) // 3 for k in (0, 1))
            cv2.rectangle(image, (x1, top), (x2, bottom), tone, -1)
        else:
            y1, y2 = (top + (bottom - top) * (index + k) // 3 for k in (0, 1))
            cv2.rectangle(image, (left, y1), (right, y2), tone, -1)
    if rng.random() < 0.3:
        cv2.circle(
            image, ((left + right) // 2, (top + bottom) // 2), (bottom - top) // 4, tones[0], -1
        )
    if rng.random() < 0.5:
        cv2.rectangle(image, (left, top), (right, bottom), ink.colour(rng), 1)


def aside(rng: random.Random, image: np.ndarray, box: Place, tone: ink.Colour) -> None:
    """What stands beside a number and is none of it: flag, emblem or foreign word."""
    left, top, right, bottom = box
    kind = rng.random()
    if kind < 0.25:
        high = min(bottom - top, int((right - left) * 0.8))
        y = top + rng.randint(0, bottom - top - high)
        flag(rng, image, (left, y, right, y + high))
        if rng.random() < 0.4 and y + high + 12 < bottom:
            words = fonts.words(fonts.choose(rng), rng.choice(COUNTRIES)[:3], 30)
            put(image, words, (left, y + high + 2, right, bottom), tone)
    elif kind < 0.45:
        emblem(rng, image, (left, top, right - left, bottom - top))
    elif kind < 0.9:
        middle = (top + bottom) // 2
        if rng.random() < 0.4:
            put(image, foreign(rng, rng.randint(1, 3)), (left, top, right, middle - 1), tone)
            put(image, foreign(rng, rng.randint(1, 4)), (left, middle + 1, right, bottom), tone)
        else:
            put(image, foreign(rng, rng.randint(1, 4)), (left, top, right, bottom), tone)
    else:
        outline(rng, image, box, tone)


def outline(rng: random.Random, image: np.ndarray, box: Place, tone: ink.Colour) -> None:
    """The outline of a state, filled or not, in place."""
    left, top, right, bottom = box
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    angles = np.sort([rng.uniform(0, 2 * np.pi) for _ in range(rng.randint(5, 10))])
    radii = [rng.uniform(0.5, 1.0) for _ in angles]
    size = np.array([(right - left) / 2, (bottom - top) / 2])
    points = [
        middle + size * r * (np.cos(a), np.sin(a)) for a, r in zip(angles, radii, strict=True)
    ]
    shape = np.array(points).astype(np.int32)
    if rng.random() < 0.4:
        cv2.fillPoly(image, [shape], ink.colour(rng), cv2.LINE_AA)
    else:
        cv2.polylines(image, [shape], True, tone, rng.randint(1, 3), cv2.LINE_AA)
