"""Crops of no plate, to be read as nothing: what the detector takes for one where there is none.

`python -m training.reader.nothing --detector build/detector.onnx --data DATA/train
--real build/real_train.npz` looks at the plate-free photos as they are, with signs drawn into
them, and with what cameras burn in, and adds its mistakes to the labelled crops.
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
from training.detector.inference import Runner, find, iou
from training.detector.metrics import TOUCH_IOU
from training.images import read_color
from training.reader.data import Real, RealCrop
from training.reader.real import with_room
from training.scenes.distractors import distract
from training.scenes.overlays import burn_in

SCORE_THRESHOLD = 0.25
"""Lower than the service looks closer at, so that there are more to learn from."""
SIGNS = 1
"""Times that each photo is looked at again, with signs drawn into it."""
OVERLAYS, OVERLAY_THRESHOLD = 2, 0.12
"""Times that each photo is looked at with text burnt in, and the threshold for that text: it is to
be read as nothing however little the detector makes of it."""
LONG_SIDE = 640
NO_BOXES = np.zeros((0, 5), np.float32)


def mistakes(run: Runner, image: np.ndarray, burnt: np.ndarray | None = None) -> Iterator[RealCrop]:
    """What is taken for a plate in a BGR image that has none, of ``burnt`` boxes only."""
    threshold = SCORE_THRESHOLD if burnt is None else OVERLAY_THRESHOLD
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    rgb = PilImage.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    for x1, y1, x2, y2, _ in find(run, rgb, LONG_SIDE, threshold).tolist():
        box = max(0.0, x1), max(0.0, y1), min(float(rgb.width), x2), min(float(rgb.height), y2)
        if burnt is not None and iou(np.array(box, np.float32), burnt).max(initial=0) < TOUCH_IOU:
            continue
        if box[2] - box[0] >= 8 and box[3] - box[1] >= 4:
            yield with_room(grey, box, ("", ""))


def collect(run: Runner, data: Path) -> Iterator[RealCrop]:
    """The mistakes on all plate-free photos, without and with text that is no plate."""
    for seed, photo in enumerate(read_labels(data)):
        if len(photo.boxes):
            continue
        image = read_color(photo.path)
        yield from mistakes(run, image)
        for turn in range(SIGNS):
            drawn = image.copy()
            distract(drawn, NO_BOXES, np.random.default_rng((seed, turn)))
            yield from mistakes(run, drawn)
        for turn in range(OVERLAYS):
            drawn = image.copy()
            lines = burn_in(drawn, NO_BOXES, np.random.default_rng((seed, turn, 1)))
            yield from mistakes(run, drawn, np.array(lines).reshape(-1, 4))


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
