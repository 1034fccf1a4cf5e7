"""Labelled photos: reading labels.jsonl, keeping images decoded, drawing by source."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from training.detector.boxes import IGNORED, PLATE, Boxes
from training.detector.weights import WEIGHTS
from training.images import Image, read_color

# How often a plate-free photo is drawn on which a model has seen a plate, relative to others.
HARD_WEIGHT = 3.0


@dataclass(frozen=True)
class Photo:
    """One labelled photo: boxes [n, 5] as x1, y1, x2, y2 in its pixels, and PLATE or IGNORED."""

    path: Path
    boxes: Boxes
    source: str
    licence: str


def read_labels(
    folder: Path, ignored: dict[str, list[list[float]]] | None = None, split: str | None = None
) -> list[Photo]:
    """Photos of a folder with labels.jsonl, all or those of a split.

    `ignored` adds IGNORED regions by file name.
    """
    photos = []
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if split and row["split"] != split:
            continue
        boxes = [[*plate["box"], PLATE] for plate in row["plates"] if plate["box"]]
        boxes += [[*box[:4], IGNORED] for box in (ignored or {}).get(row["file"], [])]
        array = np.array(boxes, np.float32).reshape(-1, 5)
        photos.append(Photo(folder / row["file"], array, row["source"], row["licence"]))
    return photos


def licences(photos: Sequence[Photo]) -> dict[str, int]:
    """How many photos of each "source: licence", for the checkpoint and the model card."""
    return dict(Counter(f"{photo.source}: {photo.licence}" for photo in photos))


@dataclass
class PhotoStore:
    """Photos decoded once, at most `longest` pixels long, and drawn at random.

    `hard` has the plate-free photos that mislead the model, by name: they are drawn more often.
    """

    photos: Sequence[Photo]
    longest: int = 640
    hard: dict[str, float] = field(default_factory=dict)
    cache: dict[Path, tuple[Image, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.with_plates = [photo for photo in self.photos if (photo.boxes[:, 4] == PLATE).any()]
        self.without = [photo for photo in self.photos if not len(photo.boxes)]
        hard = [HARD_WEIGHT if photo.path.name in self.hard else 1.0 for photo in self.without]
        self.odds_without = np.cumsum(hard) / max(sum(hard), 1.0)
        weights = np.array([WEIGHTS.get(photo.source, 1.0) for photo in self.with_plates])
        self.odds = np.cumsum(weights / weights.sum())

    def load(self, photo: Photo) -> tuple[Image, Boxes]:
        """BGR image and its boxes, both at the stored size."""
        if photo.path not in self.cache:
            image = read_color(photo.path)
            scale = min(1.0, self.longest / max(image.shape[:2]))
            if scale < 1:
                small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                image = np.asarray(small, np.uint8)
            self.cache[photo.path] = image, scale
        image, scale = self.cache[photo.path]
        return image, photo.boxes * np.array([scale] * 4 + [1], np.float32)

    def draw(self, rng: np.random.Generator, plate_free: float) -> tuple[Image, Boxes]:
        """A random photo; one without a plate with probability `plate_free`."""
        if self.without and rng.random() < plate_free:
            return self.load(self.without[int(np.searchsorted(self.odds_without, rng.random()))])
        return self.load(self.with_plates[int(np.searchsorted(self.odds, rng.random()))])
