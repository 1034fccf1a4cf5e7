"""The folders of labelled photos that are measured, or drawn scenes in the same form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.scoring import LABELS, BenchmarkError, Photo, load_photos
from testkit import scenes
from testkit.scenes import Scene

DRAWN = {"drawn_plates": 40, "drawn_no_plates": 20}
"""Number of scenes by folder."""


def find_sets(folders: Sequence[Path]) -> list[Path]:
    """The folders with labels among these, or directly in them. Raises :class:`BenchmarkError`."""
    found = []
    for folder in folders:
        inner = [folder] if (folder / LABELS).exists() else sorted(folder.glob("*/"))
        labelled = [one for one in inner if (one / LABELS).exists()]
        if not labelled:
            raise BenchmarkError(f"{folder}: no folder with {LABELS}")
        found += labelled
    return found


def sample(folder: Path, limit: int) -> list[Photo]:
    """``limit`` photos, evenly spaced over the folder; 0 is all."""
    photos = list(load_photos(folder))
    return evenly_spaced(photos, limit) if limit else photos


def evenly_spaced(photos: list[Photo], limit: int) -> list[Photo]:
    count = min(limit, len(photos))
    return [photos[index * len(photos) // count] for index in range(count)]


def draw_sets(target: Path) -> list[Path]:
    """Draws folders of street scenes with and without a plate, labelled as photos are."""
    for name, count in DRAWN.items():
        draw = scenes.plate_free if name == "drawn_no_plates" else scenes.street
        (target / name).mkdir(parents=True, exist_ok=True)
        lines = [save_scene(draw(seed), target / name / f"{seed}.jpg") for seed in range(count)]
        (target / name / LABELS).write_text("\n".join(lines), encoding="utf-8")
    return [target / name for name in DRAWN]


def save_scene(scene: Scene, path: Path) -> str:
    """Writes a scene as a JPEG file and returns its line of labels."""
    save_jpeg(scene.image, path)
    plates = [{"box": box.corners, "text": text} for text, box in scene.plates]
    return json.dumps({"file": path.name, "plates": plates})


def save_jpeg(image: Image.Image, path: Path) -> Path:
    image.save(path, quality=90)
    return path
