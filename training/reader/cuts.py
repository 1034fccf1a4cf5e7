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

from training.alphabet import ALPHABET
from training.reader import evaluate
from training.reader.data import Real, RealCrop
from training.reader.measure import load
from training.reader.model import BLANK, CLASSES, HEIGHT, STEPS, WIDTH
from training.reader.pool import stretch

SEARCH = 0.35  # of the distance between two characters: how far from their middle the gap may be
MIDDLE = (0.25, 0.75)  # of a plate's height: rows without frames and rims
MIN_ONE_LINE_ASPECT = 1.3  # narrower plates have two lines
BETWEEN = (0.25, 0.65)  # of a plate's height: where the gap between two lines is
MAX_GAP_INK = 0.5  # most ink in that gap, as a part of the usual: a slanting plate has no clear row


def steps_of(probabilities: np.ndarray, text: str) -> list[int]:
    """The surest step of each character, by [STEPS, CLASSES]; none where another text is read."""
    best, sure = probabilities.argmax(1).tolist(), probabilities.max(1).tolist()
    runs = itertools.groupby(range(STEPS), best.__getitem__)
    steps = [max(run, key=sure.__getitem__) for label, run in runs if label != BLANK]
    return steps if "".join(ALPHABET[best[step]] for step in steps) == text else []


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


def gap_between(ink: np.ndarray, one: float, other: float) -> float:
    """The column with the least ink about half way between two characters."""
    middle, reach = (one + other) / 2, SEARCH * (other - one)
    low, high = int(middle - reach), int(middle + reach) + 1
    return low + int(ink[low:high].argmin()) + 0.5


def row_between(small: np.ndarray) -> tuple[float, ...]:
    """The row between two lines of a plate [HEIGHT, WIDTH], if there is one without ink."""
    ink = small[:, WIDTH // 6 : -WIDTH // 6].astype(np.float32).std(1)
    low, high = (round(part * HEIGHT) for part in BETWEEN)
    row = low + int(ink[low:high].argmin())
    return (row + 0.5,) if ink[row] < MAX_GAP_INK * np.median(ink) else ()


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
