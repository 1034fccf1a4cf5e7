"""Real crops with text.

Which of the teacher's readings to believe, and how to look at a crop ever differently.

`python -m training.reader.real --teacher build/teacher_train.jsonl --data DATA/train
--out build/real_train.npz [--reader build/reader.pt]` keeps what at least two variants agree on;
given a reader of ours, also what it confirms, and not what it contradicts. What a person has read
(BY_EYE) goes before both.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from alpr.engines.embedded.ctc import decode
from training.alphabet import ALPHABET
from training.images import read_gray
from training.reader import evaluate
from training.reader.data import Real, RealCrop
from training.reader.labels import Lines, halved, label, read_by_eye
from training.reader.measure import around, load
from training.reader.pool import stretch
from training.reader.shape import CLASSES, HEIGHT, STEPS, WIDTH

ROOM = 0.4  # of the box on every side: kept around a crop so that it can be shaken and turned


def read_ours(
    predict: evaluate.Predict | None, grey: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[Lines, float] | None:
    """Our reader's lines of a box and its weakest character, if there is a reader."""
    if predict is None:
        return None
    crop = stretch(around(grey, box), (HEIGHT, WIDTH))
    halves = predict(crop[None])[0].reshape(2, STEPS, CLASSES)
    upper, lower = (decode(half, STEPS, ALPHABET) for half in halves)
    return (upper.text, lower.text), min(upper.confidences + lower.confidences, default=0.0)


def with_room(grey: np.ndarray, box: tuple[float, float, float, float], lines: Lines) -> RealCrop:
    """A plate cut out of a grey image with ROOM around it."""
    x1, y1, x2, y2 = box
    left, top = (max(0, int(low - ROOM * (high - low))) for low, high in ((x1, x2), (y1, y2)))
    part = grey[top : int(y2 + ROOM * (y2 - y1)), left : int(x2 + ROOM * (x2 - x1))]
    return RealCrop(part, (x1 - left, y1 - top, x2 - left, y2 - top), lines)


def collect(
    teacher: Path, data: Path, predict: evaluate.Predict | None
) -> tuple[list[RealCrop], Counter[str]]:
    """All believed crops, grey, with room around, and how many came under which licence."""
    crops: list[RealCrop] = []
    licences: Counter[str] = Counter()
    for line in teacher.read_text().splitlines():
        row = json.loads(line)
        grey = read_gray(data / row["file"])
        x1, y1, x2, y2 = row["box"]
        lines = label(row, read_ours(predict, grey, (x1, y1, x2, y2)))
        if lines is None or not lines[0]:
            continue
        if not read_by_eye(row) and halved(lines, (x2 - x1) / (y2 - y1)):
            continue
        crops.append(with_room(grey, (x1, y1, x2, y2), lines))
        licences[f"{row['source']}: {row['licence']}"] += 1
    return crops, licences


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reader", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    crops, licences = collect(
        options.teacher, options.data, load(options.reader) if options.reader else None
    )
    Real(crops, dict(licences)).save(options.out)
    double = sum(bool(crop.lines[1]) for crop in crops)
    print(f"{len(crops)} crops, {double} of two lines: {dict(licences)}")


if __name__ == "__main__":
    main()
