"""A pack of drawn plates and photos, small enough for a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.detector.boxes import PLATE
from training.pack.images import ImagePack, encode

TEXTS = ("AB12", "CD345", "EF6789", "GH1")
ROOM = 12


def plate(text: str, size: tuple[int, int] = (120, 40)) -> Image.Image:
    """Dark characters in equal cells on a bright plate."""
    image = Image.new("RGB", size, (230, 230, 220))
    draw, cell = ImageDraw.Draw(image), size[0] / len(text)
    font = ImageFont.load_default(28)
    for number, char in enumerate(text):
        draw.text((cell * (number + 0.5), size[1] / 2), char, (20, 20, 30), font, anchor="mm")
    return image


def cuts(text: str) -> list[float]:
    return [number / len(text) for number in range(1, len(text))]


def crops() -> ImagePack:
    """Each text once for train and once for val, with room around the plate."""
    images, rows = [], []
    for split in ("train", "val"):
        for text in TEXTS:
            image = Image.new("RGB", (120 + 2 * ROOM, 40 + 2 * ROOM), (90, 90, 90))
            image.paste(plate(text), (ROOM, ROOM))
            images.append(encode(np.asarray(image.convert("L")), 90))
            row = {"lines": [text, ""], "aspect": 3.0, "cuts": cuts(text), "split": split}
            rows.append(row | {"box": [ROOM, ROOM, ROOM + 120, ROOM + 40]})
    return ImagePack(images, rows, {"drawn": len(images)})


def plates() -> ImagePack:
    """Each text flat, and one board that says nothing."""
    images = [encode(np.asarray(plate(text)), 90) for text in (*TEXTS, "Shop")]
    rows = [{"lines": [text, ""], "aspect": 3.0, "cuts": cuts(text)} for text in TEXTS]
    return ImagePack(images, [*rows, {"lines": ["", ""], "aspect": 3.0, "cuts": []}], {"drawn": 5})


def photos() -> ImagePack:
    """Dark photos with a white plate, and one without any."""
    images, rows = [], []
    for number in range(6):
        image = Image.new("RGB", (300, 200), (30, 40, 50))
        boxes = []
        if number % 3:
            x1, y1 = 40 + 30 * number, 60 + 10 * number
            image.paste((255, 255, 255), (x1, y1, x1 + 80, y1 + 20))
            boxes = [[x1, y1, x1 + 80, y1 + 20, PLATE]]
        images.append(encode(np.asarray(image), 90))
        split = "val" if number > 3 else "train"
        rows.append({"split": split, "source": "drawn", "boxes": boxes})
    return ImagePack(images, rows, {"drawn": 6})


def write(folder: Path) -> None:
    """All three files."""
    for name, pack in (("crops", crops()), ("plates", plates()), ("photos", photos())):
        pack.save(folder / f"{name}.pack")
