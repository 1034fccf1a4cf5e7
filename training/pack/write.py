"""Write the pack: `python -m training.pack.write --data DATA --real build/real_train.npz …`.

Three files below --out: plates.pack has rendered plates and boards, flat and clean; crops.pack has
real plates with their texts, of train and of val; photos.pack has photos with boxes, of both. Their
sizes are printed, and it is an error if they are larger than --max-megabytes together.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from training.detector.boxes import PLATE
from training.detector.data import Photo, read_labels
from training.images import read_color
from training.pack.images import PHOTO_SIDE, ImagePack, encode, shrink
from training.pack.plates import PLATE_HEIGHT, PLATE_WIDTH, plates, shares
from training.reader.data import Real
from training.reader.real import ROOM

SHARP_PLATE = 48.0
"""Pixels that the narrowest plate of a photo is shrunk to at most, if the photo allows it."""
MIN_PHOTO_SIDE = 224
QUALITY = {"crops": 50, "photos": 22}
"""Of WebP: what a camera does to the pixels is added in training."""


def crops(real: Real, split: str) -> ImagePack:
    """Real plates with the room around them."""
    images, rows = [], []
    for crop in real.crops:
        x1, y1, x2, y2 = crop.box
        width, height = x2 - x1, y2 - y1
        left, top = max(0, int(x1 - ROOM * width)), max(0, int(y1 - ROOM * height))
        part = crop.image[top : int(y2 + ROOM * height) + 1, left : int(x2 + ROOM * width) + 1]
        small = shrink(np.ascontiguousarray(part), PLATE_WIDTH / width, PLATE_HEIGHT / height)
        scale = np.array([small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]] * 2)
        box = np.array([x1 - left, y1 - top, x2 - left, y2 - top]) * scale
        images.append(encode(small, QUALITY["crops"]))
        rows.append(
            {
                "split": split,
                "lines": list(crop.lines),
                "aspect": round(width / height, 3),
                "box": box.round(2).tolist(),
                "cuts": shares(crop),
            }
        )
    return ImagePack(images, rows, real.licences)


def photos(found: list[Photo], split: str) -> ImagePack:
    """Photos with their boxes, each as small as its narrowest plate allows."""
    images, rows = [], []
    for photo in found:
        pixels = np.ascontiguousarray(read_color(photo.path)[..., ::-1])
        scale = photo_scale(pixels.shape[:2], photo.boxes)
        small = shrink(pixels, scale, scale)
        ratio = small.shape[1] / pixels.shape[1]
        boxes = photo.boxes * np.array([ratio] * 4 + [1])
        images.append(encode(small, QUALITY["photos"]))
        rows.append({"split": split, "source": photo.source, "boxes": boxes.round(1).tolist()})
    counts = Counter(f"{photo.source}: {photo.licence}" for photo in found)
    return ImagePack(images, rows, dict(counts))


def photo_scale(shape: tuple[int, ...], boxes: np.ndarray) -> float:
    """How far a photo of this shape may be shrunk."""
    side = max(shape)
    widths = [x2 - x1 for x1, _, x2, _, kind in boxes.tolist() if kind == PLATE]
    wanted = SHARP_PLATE / min(widths) if widths else MIN_PHOTO_SIDE / side
    return min(1.0, PHOTO_SIDE / side, max(wanted, MIN_PHOTO_SIDE / side))


def both(train: ImagePack, validation: ImagePack) -> ImagePack:
    """Two packs as one."""
    counts = Counter(train.licences) + Counter(validation.licences)
    return ImagePack(train.images + validation.images, train.rows + validation.rows, dict(counts))


def labelled(data: Path, split: str, ignored: dict[str, Any]) -> list[Photo]:
    """Photos of a split: of the folder of that name, and of more/photos where there is one."""
    found = read_labels(data / split, ignored)
    more = data / "more" / "photos"
    return found + (read_labels(more, split=split) if more.exists() else [])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--real", type=Path, required=True, help="crops of train, as npz")
    parser.add_argument("--validation", type=Path, required=True, help="crops of val, as npz")
    parser.add_argument("--mined", type=Path, help="what training.detector.mine wrote")
    parser.add_argument("--reader", type=Path, help="finds where rendered plates can be cut")
    parser.add_argument("--plates", type=int, default=5000, help="to render")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that render")
    parser.add_argument("--max-megabytes", type=float, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/pack"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    ignored = json.loads(options.mined.read_text())["ignored"] if options.mined else {}
    real, validation = Real.load(options.real), Real.load(options.validation)
    packs = {
        "crops": both(crops(real, "train"), crops(validation, "val")),
        "photos": both(
            photos(labelled(options.data, "train", ignored), "train"),
            photos(labelled(options.data, "val", {}), "val"),
        ),
        "plates": plates(options.plates, options.seed, options.reader, options.jobs),
    }
    total = 0
    for name, pack in packs.items():
        path = options.out / f"{name}.pack"
        pack.save(path)
        total += path.stat().st_size
        print(f"{path.name}: {len(pack)} images, {path.stat().st_size / 1e6:.1f} MB", flush=True)
    if total > options.max_megabytes * 1e6:
        raise SystemExit(f"{total / 1e6:.1f} MB in all, more than {options.max_megabytes}")


if __name__ == "__main__":
    main()
