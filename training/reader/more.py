"""Real plates to train on, of folders of photos and of folders of crops, as one file.

`python -m training.reader.more --reader build/reader.pt --photos DATA/train --crops
DATA/more/crops DATA/more/us/crops --split train --out build/more_train.npz`.
Texts of photos are what a person or the data set says, else, to train on, what our reader is sure
of; texts of crops are the data set's. Where a plate of two lines is cut between them is what our
reader finds most likely.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.checkpoint import Checkpoint
from training.images import read_gray
from training.reader import evaluate
from training.reader.data import Real, RealCrop
from training.reader.labels import Lines, label, plausible
from training.reader.loss import loss_of
from training.reader.measure import around
from training.reader.model import ReaderNet
from training.reader.pool import stretch
from training.reader.real import read_ours, with_room
from training.reader.shape import HEIGHT, MAX_LINE_LENGTH, WIDTH

SURE = 0.97  # of its weakest character, for a reading of ours to be learnt from
MIN_HEIGHT = 10.0  # of a plate, in pixels of its photo
# At most so many crops of a source: some have a thousand plates of one kind.
MAX_OF_A_SOURCE = {"thai_wcr": 260}


def best_way(model: ReaderNet, crop: np.ndarray, ways: list[Lines]) -> Lines:
    """Of several ways to read a crop [HEIGHT, WIDTH] the likeliest."""
    with torch.no_grad():
        logits = model(torch.from_numpy(crop).float()[None, None])
    return min(ways, key=lambda way: float(loss_of(logits, [way])))


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of a folder's labels."""
    text = (folder / "labels.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def of_photos(
    folder: Path, model: ReaderNet | None, known: set[str]
) -> Iterator[tuple[RealCrop, str]]:
    """Plates of photos, with their source; not what is only guessed on the photos `known`.

    Without a model nothing is guessed.
    """
    predict = evaluate.predictor(model) if model else None
    for row in rows_of(folder):
        plates = [p for p in row["plates"] if p["box"] and p["box"][3] - p["box"][1] > MIN_HEIGHT]
        if not plates:
            continue
        grey = read_gray(folder / row["file"])
        for plate in plates:
            entry = {
                "file": row["file"],
                "box": plate["box"],
                "text": plate.get("text"),
                "reads": {},
            }
            lines = label(entry, None)
            if lines is None and row["file"] not in known:
                (upper, lower), sure = read_ours(predict, grey, plate["box"]) or (("", ""), 0.0)
                if sure > SURE and plausible(upper + lower):
                    lines = upper, lower
            if lines and lines[0]:
                yield (
                    with_room(grey, tuple(plate["box"]), lines),
                    f"{row['source']}: {row['licence']}",
                )


def of_crops(folder: Path, model: ReaderNet, part: str) -> Iterator[tuple[RealCrop, str]]:
    """Plates of crops with their surroundings, with their source, of one split."""
    counts: Counter[str] = Counter()
    for row in rows_of(folder):
        text = re.sub("[^A-Z0-9]", "", (row["text"] or "").upper())
        counts[row["source"]] += 1
        most = MAX_OF_A_SOURCE.get(row["source"], 10**9)
        if not text or row["split"] != part or (part == "train" and counts[row["source"]] > most):
            continue
        grey, box = read_gray(folder / row["file"]), tuple(row["plate"])
        crop = stretch(around(grey, box), (HEIGHT, WIDTH))
        # A province's name below is a line of its own, too, and not to be read.
        ways = [(text[:cut], text[cut:]) for cut in range(1, len(text) + 1)]
        if row["lines"] == 1:
            ways = ways[-1:]
        ways = [way for way in ways if max(len(line) for line in way) <= MAX_LINE_LENGTH]
        if ways:
            lines = best_way(model, crop, ways)
            yield RealCrop(grey, box, lines), f"{row['source']}: {row['licence']}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--crops", type=Path, nargs="*", default=[])
    parser.add_argument("--split", default="train")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = Checkpoint.load(options.reader).network(ReaderNet)
    known = {row["photo"] for folder in options.crops for row in rows_of(folder) if "photo" in row}
    found = [pair for folder in options.crops for pair in of_crops(folder, model, options.split)]
    # To choose by, only what is known: else readers that agree with the last one would win.
    guess = model if options.split == "train" else None
    found += [pair for folder in options.photos for pair in of_photos(folder, guess, known)]
    Real([crop for crop, _ in found], dict(Counter(name for _, name in found))).save(options.out)
    double = sum(bool(crop.lines[1]) for crop, _ in found)
    print(f"{len(found)} crops, {double} of two lines: {Counter(name for _, name in found)}")


if __name__ == "__main__":
    main()
