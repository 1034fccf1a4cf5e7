"""Where real plates can be cut: of one line between its characters, of two between the lines.

`python -m training.reader.cuts --reader build/reader.pt --real build/real_train.npz` keeps it
beside them.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from training.reader import evaluate
from training.reader.data import Real, RealCrop
from training.reader.gaps import gap_between, row_between, steps_of
from training.reader.measure import load
from training.reader.pool import stretch
from training.reader.shape import CLASSES, HEIGHT, STEPS, WIDTH

MIDDLE = (0.25, 0.75)  # of a plate's height: rows without frames and rims
MIN_ONE_LINE_ASPECT = 1.3  # narrower plates have two lines


def cuts_of(predict: evaluate.Predict, crop: RealCrop) -> tuple[float, ...]:
    """Where a plate can be cut, in pixels of its crop: columns, or the row between two lines."""
    text, lower = crop.lines
    x1, y1, x2, y2 = crop.box
    left, top = max(0, int(x1)), max(0, int(y1))
    plate = crop.image[top : int(y2) + 1, left : int(x2) + 1]
    small = stretch(plate, (HEIGHT, WIDTH))
    if lower:
        return tuple(top + row * plate.shape[0] / HEIGHT for row in row_between(small))
    if (x2 - x1) < MIN_ONE_LINE_ASPECT * (y2 - y1):
        return ()
    upper = predict(small[None])[0].reshape(2, STEPS, CLASSES)[0]
    rows = slice(*(round(part * HEIGHT) for part in MIDDLE))
    ink = cv2.GaussianBlur(small[rows].astype(np.float32), (0, 0), 0.7).std(0)
    places = [(step + 0.5) * WIDTH / STEPS for step in steps_of(upper, text)]
    gaps = (gap_between(ink, *pair) for pair in itertools.pairwise(places))
    return tuple(left + gap * plate.shape[1] / WIDTH for gap in gaps)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True)
    options = parser.parse_args()
    real, predict = Real.load(options.real), load(options.reader)
    crops = [replace(crop, cuts=cuts_of(predict, crop)) for crop in real.crops]
    Real(crops, real.licences).save(options.real)
    print(f"{sum(bool(crop.cuts) for crop in crops)} of {len(crops)} crops can be cut")


if __name__ == "__main__":
    main()
