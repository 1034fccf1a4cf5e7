"""How the detector does on crops, close-ups, cut plates and text burnt in by cameras.

`python -m training.detector.close MODEL [MODEL ...] --data DATA` makes them of photos to choose by:
a plate cut out with a margin, enlarged so that it fills a part of the width, cut by an edge; and
plate-free photos with clocks and names. Recall at an IoU of a half, the mean IoU of what is found,
and how many boxes a picture are no plate.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image as PilImage

from training.detector.boxes import Boxes
from training.detector.data import Photo, read_labels
from training.detector.evaluate import open_runner
from training.detector.inference import Runner, find, iou
from training.detector.large import Part, read_crops
from training.images import Image, read_color
from training.scenes.overlays import burn_in

MARGINS = (0.0, 0.05, 0.1, 0.25, 0.5)
SHARES = (0.3, 0.5, 0.7, 0.9, 1.0)
CUTS = (0.2, 0.4)
WIDE = 1280
MIN_WIDTH = 60.0
FOUND_IOU = 0.5
Case = tuple[str, Image, Boxes]


def cut_out(image: Image, part: Part, wide: int = 0) -> tuple[Image, Part]:
    """A part of a photo, enlarged to a width if one is given; and what was cut out."""
    part = part.within(image.shape)
    x1, y1, x2, y2 = (round(side) for side in (part.x1, part.y1, part.x2, part.y2))
    out = image[y1:y2, x1:x2]
    if wide:
        size = wide, max(16, round(out.shape[0] * wide / out.shape[1]))
        out = np.asarray(cv2.resize(out, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return out, Part(x1, y1, x2, y2)


def cases_of(photo: Photo) -> Iterator[Case]:
    """Crops, close-ups and cuts around the one plate of a photo."""
    image = read_color(photo.path)
    x1, y1, x2, y2 = (float(side) for side in photo.boxes[0, :4])
    width, height = x2 - x1, y2 - y1
    parts = [
        (f"crop {m}", Part(x1 - m * width, y1 - m * height, x2 + m * width, y2 + m * height), 0)
        for m in MARGINS
    ]
    for share in SHARES:
        room = (1 / share - 1) / 2 * width
        parts.append((f"close {share}", Part(x1 - room, y1 - room, x2 + room, y2 + room), WIDE))
    for lost in CUTS:
        everything = Part(x1 + lost * width, 0, image.shape[1], image.shape[0])
        parts.append((f"cut {lost}", everything, 0))
    for name, part, wide in parts:
        out, seen = cut_out(image, part, wide)
        if name.startswith("close") and width / (seen.x2 - seen.x1) > float(name[6:]) * 1.15:
            continue
        scale = out.shape[1] / (seen.x2 - seen.x1)
        box = np.array([x1 - seen.x1, y1 - seen.y1, x2 - seen.x1, y2 - seen.y1]) * scale
        limit = np.array([out.shape[1], out.shape[0]] * 2)
        yield name, out, np.clip(box, 0, limit)[None].astype(np.float32)


def overlaid(photo: Photo, seed: int) -> Iterator[Case]:
    """A plate-free photo as it is and with text burnt in."""
    image = read_color(photo.path)
    none = np.zeros((0, 4), np.float32)
    yield "plain", image, none
    rng = np.random.default_rng((seed, 17))
    image = image.copy()
    burn_in(image, none, rng)
    yield "overlaid", image, none


def all_cases(data: Path, more: Path | None) -> list[Case]:
    """Of the photos and crops to choose by, the same each time."""
    photos = read_labels(data / "val")
    near = [p for p in photos if len(p.boxes) == 1 and p.boxes[0, 2] - p.boxes[0, 0] > MIN_WIDTH]
    if more:
        near += read_crops(more / "crops", "val")
    free = [photo for photo in photos if not len(photo.boxes)]
    cases = [case for photo in near for case in cases_of(photo)]
    return cases + [case for seed, one in enumerate(free * 3) for case in overlaid(one, seed)]


def measure(run: Runner, cases: list[Case], threshold: float) -> dict[str, list[float]]:
    """By kind: recall, IoU, false boxes a picture, pictures."""
    rows: dict[str, list[list[float]]] = {}
    for name, image, truths in cases:
        rgb = PilImage.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        found = find(run, rgb, 640, threshold)
        shared = [iou(truths[0], found).max(initial=0.0)] if len(truths) else []
        false = sum(not len(truths) or iou(box[:4], truths).max() < 0.1 for box in found)
        right = bool(shared and shared[0] >= FOUND_IOU)
        rows.setdefault(name, []).append([right, shared[0] if right else np.nan, false])
    result = {}
    for name, row in rows.items():
        values = np.array(row, float)
        sharp = float(np.nanmean(values[:, 1])) if values[:, 0].any() else 0.0
        result[name] = [values[:, 0].mean(), sharp, values[:, 2].mean(), len(row)]
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--more", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--every", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cases = all_cases(args.data, args.more)[:: args.every]
    tables = [measure(open_runner(path, 1), cases, args.threshold) for path in args.models]
    for name in tables[0]:
        figures = " | ".join(
            f"recall {t[name][0]:.3f} IoU {t[name][1]:.2f} false {t[name][2]:.3f}" for t in tables
        )
        print(f"{name:10} {tables[0][name][3]:5} {figures}", flush=True)


if __name__ == "__main__":
    main()
