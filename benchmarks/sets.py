"""The folders of photos that are measured; drawn ones where there are none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.accuracy import LABELS, BenchmarkError, Photo, photos
from testkit import scenes
from testkit.scenes import Scene

USUAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "bench"
"""Beside the repository; nobody need have it."""

DRAWN = {"drawn_plates": 40, "drawn_no_plates": 20}


def folders(wanted: Sequence[Path]) -> list[Path]:
    """The folders with labels among these and in them. Raises :class:`BenchmarkError`."""
    found = []
    for folder in wanted:
        inner = [folder] if (folder / LABELS).exists() else sorted(folder.glob("*/"))
        labelled = [one for one in inner if (one / LABELS).exists()]
        if not labelled:
            raise BenchmarkError(f"{folder}: no folder with {LABELS}")
        found += labelled
    return found


def chosen(folder: Path, limit: int) -> list[Photo]:
    """The folder's photos, or ``limit`` of them from all over it; 0 is all."""
    every = list(photos(folder))
    return spread(every, limit) if limit else every


def spread(every: list[Photo], limit: int) -> list[Photo]:
    """``limit`` items at even distances."""
    count = min(limit, len(every))
    return [every[index * len(every) // count] for index in range(count)]


def drawn(target: Path) -> list[Path]:
    """Folders of street scenes with and without a plate, in the form of the photos'."""
    for name, count in DRAWN.items():
        draw = scenes.plate_free if name == "drawn_no_plates" else scenes.street
        (target / name).mkdir(parents=True, exist_ok=True)
        lines = [saved(draw(seed), target / name / f"{seed}.jpg") for seed in range(count)]
        (target / name / LABELS).write_text("\n".join(lines), encoding="utf-8")
    return [target / name for name in DRAWN]


def saved(scene: Scene, path: Path) -> str:
    """Writes a scene as a camera would; gives its line of labels."""
    jpeg(scene.image, path)
    plates = [{"box": box.corners, "text": text} for text, box in scene.plates]
    return json.dumps({"file": path.name, "plates": plates})


def jpeg(image: Image.Image, path: Path) -> Path:
    image.save(path, quality=90)
    return path
