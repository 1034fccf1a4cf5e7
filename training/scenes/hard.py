"""Hard scenes with known truth: python -m training.scenes.hard OUT --photos DATA/val.

Writes OUT/KIND/*.jpg and OUT/KIND/labels.jsonl, in the form of the data sets: rendered plates in
place of those of photos the models have not been trained on. "signs" has text and no plate.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.images import Image, read_color
from training.render import LAYOUTS, RenderedPlate, render_plate
from training.scenes.distractors import distract
from training.scenes.paste import Box, Rng, hull, light, mount, shrink, stamp
from training.scenes.pool import as_bgr, aspect

KINDS = ("two_lines", "tilted", "dark", "infrared", "bright_on_dark", "small", "signs")
Photo = tuple[Path, NDArray[np.float32]]
# The usual frame of a 4K camera; its plates are about as wide as issue reports give.
FRAME, SMALL_WIDTHS = (3840, 2160), (40.0, 60.0)


def labelled(folder: Path) -> tuple[list[Photo], list[Photo]]:
    """Photos with one plate at least 50 px wide, and photos without any."""
    with_plate, without = [], []
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        boxes = np.array([plate["box"] for plate in row["plates"]], np.float32).reshape(-1, 4)
        if not len(boxes):
            without.append((folder / row["file"], boxes))
        elif len(boxes) == 1 and boxes[0, 2] - boxes[0, 0] > 50:
            with_plate.append((folder / row["file"], boxes))
    return with_plate, without


def is_dark(plate: RenderedPlate) -> bool:
    """Whether the ground is darker than the characters: the ground is what there is most of."""
    grey = cv2.cvtColor(plate.image, cv2.COLOR_RGB2GRAY)
    return float(np.median(grey)) < float(grey.mean()) and float(np.median(grey)) < 100


def render(kind: str, rng: random.Random) -> RenderedPlate:
    """A plate fit for the kind of scene."""
    while True:
        layout = "two_lines" if kind == "two_lines" else rng.choice([*LAYOUTS])
        plate = render_plate(rng, layout)
        if kind != "bright_on_dark" or is_dark(plate):
            return plate


def corners(box: Box, plate: RenderedPlate, degrees: float) -> NDArray[np.float32]:
    """Corners [4, 2] of the plate around the middle of the box, of its width or its area."""
    width = math.sqrt(float((box[2] - box[0]) * (box[3] - box[1])) * aspect(plate))
    width = max(width, float(box[2] - box[0]) * 0.8)
    x, y = width / 2, width / 2 / aspect(plate)
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    flat = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    return (flat @ turn + (box[:2] + box[2:]) / 2).astype(np.float32)


def enlarge(image: Image, box: Box, rng: Rng) -> tuple[Image, Box]:
    """The photo as a frame of a 4K camera, and a box of a small plate in it, off the edges."""
    frame = np.asarray(cv2.resize(image, FRAME, interpolation=cv2.INTER_CUBIC), np.uint8)
    x, y = rng.uniform(0.05, 0.95) * FRAME[0], rng.uniform(0.05, 0.95) * FRAME[1]
    width = rng.uniform(*SMALL_WIDTHS)
    # The photo's own plate would be as large as a bus's side: cover it.
    scale = np.array([FRAME[0] / image.shape[1], FRAME[1] / image.shape[0]] * 2)
    x1, y1, x2, y2 = (int(v) for v in box * scale)
    frame[max(0, y1 - 20) : y2 + 20, max(0, x1 - 20) : x2 + 20] = rng.integers(20, 90, 3)
    return frame, np.array([x - width / 2, y - width / 6, x + width / 2, y + width / 6], np.float32)


def dim(image: Image, box: Box, kind: str, rng: Rng) -> Image:
    """Night: little light and noise; under infrared no colour, and a plate that shines."""
    out = image.astype(np.float32) * rng.uniform(0.12, 0.35)
    if kind == "infrared":
        out[:] = out.mean(2, keepdims=True)
        x1, y1, x2, y2 = (int(v) for v in box)
        out[max(0, y1) : y2, max(0, x1) : x2] *= rng.uniform(1.5, 3.0)
    out += rng.normal(0, rng.uniform(2, 6), image.shape)
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def scene(
    kind: str, photos: tuple[Sequence[Photo], Sequence[Photo]], seed: int
) -> tuple[Image, Box | None, str]:
    """One scene: BGR image, the plate's box [4] or nothing, and its text."""
    rng, python = np.random.default_rng((KINDS.index(kind), seed)), random.Random(f"{kind}{seed}")
    path, boxes = python.choice(photos[1] if kind == "signs" else photos[0])
    image = read_color(path)
    if kind == "signs":
        distract(image, boxes, rng)
        distract(image, boxes, rng)
        return image, None, ""
    box = boxes[0]
    if kind == "small":
        image, box = enlarge(image, box, rng)
    plate = render(kind, python)
    degrees = rng.choice([-1, 1]) * rng.uniform(10, 25) if kind == "tilted" else rng.normal(0, 3)
    target = corners(box, plate, float(degrees))
    old = image[max(0, int(box[1])) : int(box[3]), max(0, int(box[0])) : int(box[2])]
    brightness = max(70.0, float(old.mean()))
    pixels, source = shrink(*as_bgr(plate), float(np.ptp(target[:, 0])))
    mount(image, target, rng)
    stamp(image, light(pixels, brightness, rng), source, target, rng)
    box = hull(target)
    if kind in ("dark", "infrared"):
        image = dim(image, box, kind, rng)
    return image, box, plate.text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=50, help="scenes of each kind")
    args = parser.parse_args()
    photos = labelled(args.photos)
    for kind in KINDS:
        folder = args.out / kind
        folder.mkdir(parents=True, exist_ok=True)
        rows = [
            write(scene(kind, photos, seed), folder, f"{seed:03}.jpg") for seed in range(args.count)
        ]
        (folder / "labels.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write(made: tuple[Image, Box | None, str], folder: Path, name: str) -> str:
    """Save one scene; its line of labels."""
    image, box, text = made
    cv2.imwrite(str(folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    plates = [] if box is None else [{"box": [round(float(v), 1) for v in box], "text": text}]
    size = {"width": image.shape[1], "height": image.shape[0]}
    row = {"file": name, "source": folder.name, "licence": "rendered", **size, "plates": plates}
    return json.dumps(row)


if __name__ == "__main__":
    main()
