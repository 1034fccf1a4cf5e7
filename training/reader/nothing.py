"""Crops of no plate, to be read as nothing: what the detector takes for one where there is none.

`python -m training.reader.nothing --detector build/detector.onnx --data DATA/train
--real build/real_train.npz` looks at the plate-free photos as they are and with signs drawn into
them, and adds its mistakes to the labelled crops.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PilImage

from training.detector.data import read_labels
from training.detector.evaluate import open_runner
from training.detector.inference import Runner, find
from training.images import read_color
from training.reader.data import Real, RealCrop
from training.reader.real import with_room
from training.scenes.distractors import distract

SCORE_THRESHOLD = 0.25
"""Lower than the service looks closer at, so that there are more to learn from."""
SIGNS = 1
"""Times that each photo is looked at again, with signs drawn into it."""
LONG_SIDE = 640
NO_BOXES = np.zeros((0, 5), np.float32)


def mistakes(run: Runner, image: np.ndarray) -> Iterator[RealCrop]:
    """What is taken for a plate in a BGR image that has none."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    rgb = PilImage.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    for x1, y1, x2, y2, _ in find(run, rgb, LONG_SIDE, SCORE_THRESHOLD).tolist():
        box = max(0.0, x1), max(0.0, y1), min(float(rgb.width), x2), min(float(rgb.height), y2)
        if box[2] - box[0] >= 8 and box[3] - box[1] >= 4:
            yield with_room(grey, box, ("", ""))


def collect(run: Runner, data: Path) -> Iterator[RealCrop]:
    """The mistakes on all plate-free photos, without and with signs."""
    for seed, photo in enumerate(read_labels(data)):
        if len(photo.boxes):
            continue
        image = read_color(photo.path)
        yield from mistakes(run, image)
        for turn in range(SIGNS):
            drawn = image.copy()
            distract(drawn, NO_BOXES, np.random.default_rng((seed, turn)))
            yield from mistakes(run, drawn)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True)
    options = parser.parse_args()
    real = Real.load(options.real)
    plates = [crop for crop in real.crops if any(crop.lines)]
    nothing = list(collect(open_runner(options.detector, 1), options.data))
    Real(plates + nothing, real.licences).save(options.real)
    print(f"{len(nothing)} crops of nothing beside {len(plates)} plates")


if __name__ == "__main__":
    main()
