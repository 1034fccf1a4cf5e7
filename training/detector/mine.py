"""Looks for mistakes of the labels and of the model.

python -m training.detector.mine MODEL OUT.json.

Most photos label one plate, and another car can be unlabelled. Where the model is confident on a
photo with plates and no label is near, the region goes to "ignored": neither plate nor background.
Where it sees something on a plate-free photo, the photo goes to "hard" and is drawn more often.
Half of the confident regions were lamps and badges after half an hour of training: look at them,
and take those out of "ignored", before training on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image as PilImage

from training.detector.data import read_labels
from training.detector.evaluate import open_runner
from training.detector.inference import find, iou
from training.detector.metrics import TOUCH_IOU

# Regions less certain than this stay background: most of them are, and learning so is the point.
CONFIDENCE_THRESHOLD = 0.5
# A plate-free photo with anything above this is hard.
SUSPICION_THRESHOLD = 0.35
# The road scenes are labelled throughout; only these photos are worth the time.
PARTLY_LABELLED = ("openlpr", "kaggle_cars")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/")
    parser.add_argument("--long-side", type=int, default=640)
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = open_runner(args.model, 1)
    ignored: dict[str, list[list[float]]] = {}
    hard: dict[str, float] = {}
    for photo in read_labels(args.data / "train"):
        if len(photo.boxes) and photo.source not in PARTLY_LABELLED:
            continue
        with PilImage.open(photo.path) as image:
            found = find(run, image, args.long_side, SUSPICION_THRESHOLD)
        if not len(photo.boxes):
            if len(found):
                hard[photo.path.name] = float(found[0, 4])
            continue
        confident = found[found[:, 4] > CONFIDENCE_THRESHOLD]
        apart = [box for box in confident if iou(box[:4], photo.boxes).max() < TOUCH_IOU]
        if apart:
            ignored[photo.path.name] = np.round(np.array(apart), 3).tolist()
    args.out.write_text(json.dumps({"ignored": ignored, "hard": hard}), encoding="utf-8")
    regions = sum(len(boxes) for boxes in ignored.values())
    print(f"{regions} regions ignored on {len(ignored)} photos; {len(hard)} hard plate-free photos")


if __name__ == "__main__":
    main()
