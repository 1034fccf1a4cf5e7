"""Measure a reader on labelled photographs, on their true boxes or on boxes a detector might give.

`python -m training.reader.measure --model build/reader.pt --data FOLDER
...`; a model whose name ends in .onnx is run by ONNX Runtime. Jittered boxes say how much the
figure hangs on the detector.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

import numpy as np

from training.alphabet import FOLD
from training.checkpoint import Checkpoint
from training.images import read_gray
from training.reader import evaluate
from training.reader.model import ReaderNet
from training.reader.pool import stretch
from training.reader.shape import HEIGHT, MARGIN, WIDTH

Box = tuple[float, float, float, float]


def around(image: np.ndarray, box: Box, rng: random.Random | None = None) -> np.ndarray:
    """The crop the reader is given.

    The box and its margin, as far as the image goes; shaken if a generator is given.
    """
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    sides = [MARGIN[0] * width, MARGIN[1] * height] * 2
    if rng:
        limits = [-0.02 * width, -0.02 * height] * 2
        spreads = [0.04 * width, 0.07 * height] * 2
        shaken = zip(limits, sides, spreads, strict=True)
        sides = [max(limit, side + rng.gauss(0, spread)) for limit, side, spread in shaken]
    left, top = max(0, int(x1 - sides[0])), max(0, int(y1 - sides[1]))
    return image[top : int(y2 + sides[3]) + 1, left : int(x2 + sides[2]) + 1]


def items_of(folder: Path, shaken: bool = False) -> list[evaluate.Item]:
    """Every plate of the folder with a text: grey crops at the network's size."""
    rng = random.Random("boxes") if shaken else None
    items = []
    for line in (folder / "labels.jsonl").read_text().splitlines():
        record = json.loads(line)
        plates = [plate for plate in record["plates"] if plate.get("text") and plate.get("box")]
        if not plates:
            continue
        grey = read_gray(folder / record["file"])
        for plate in plates:
            text = re.sub("[^A-Z0-9]", "", plate["text"].upper())
            items.append(
                (folder.name, stretch(around(grey, plate["box"], rng), (HEIGHT, WIDTH)), text)
            )
    return items


def load(path: Path) -> evaluate.Predict:
    """A checkpoint or an exported model as a function from crops to probabilities."""
    if path.suffix == ".onnx":
        return evaluate.onnx_predictor(path)
    return evaluate.predictor(Checkpoint.load(path).network(ReaderNet))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("build/reader.pt"))
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--shaken", action="store_true", help="jitter the boxes")
    parser.add_argument("--misses", action="store_true", help="list what was misread")
    options = parser.parse_args()
    predict = load(options.model)
    for folder in options.data:
        items = items_of(folder, options.shaken)
        print(json.dumps(evaluate.score(predict, items)), len(items))
        if options.misses:
            for (_, _, text), (read, confident) in zip(
                items, evaluate.read_all(predict, items), strict=True
            ):
                if read.translate(FOLD) != text.translate(FOLD):
                    print(f"  {text:10} read {read:12} {min(confident, default=0):.2f}")


if __name__ == "__main__":
    main()
