"""Make the reader's confidence mean something: a temperature, chosen on validation plates.

`python -m training.reader.calibrate --model build/reader.pt --validation build/real_val.npz` tries
temperatures and keeps in the checkpoint the one by whose confidences plates are most nearly right
as often as they say; it prints the reliability table. A plate's confidence is its weakest
character's.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from training.alphabet import FOLD
from training.checkpoint import Checkpoint
from training.reader import evaluate
from training.reader.data import Real
from training.reader.model import ReaderNet

TEMPERATURES = np.geomspace(0.4, 4, 47)
BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)


def confidences(logits: np.ndarray, items: list[evaluate.Item], temperature: float) -> np.ndarray:
    """For each plate its confidence and whether it was read right, as [plates, 2]."""
    scaled = torch.from_numpy(logits / temperature).softmax(-1).numpy()
    rows = []
    for (_, _, text), (read, confident) in zip(items, evaluate.texts_of(scaled), strict=True):
        right = read.translate(FOLD) == text.translate(FOLD)
        rows.append((min(confident, default=0.0), right))
    return np.array(rows, float)


def surprise(rows: np.ndarray) -> float:
    """Mean log loss of the confidences as predictions of being right."""
    said, right = rows[:, 0].clip(1e-4, 1 - 1e-4), rows[:, 1]
    return float(-(right * np.log(said) + (1 - right) * np.log(1 - said)).mean())


def table(rows: np.ndarray) -> list[dict[str, float]]:
    """How often plates are right whose confidence lies in each bin."""
    result = []
    for low, high in pairwise(BINS):
        inside = rows[(rows[:, 0] >= low) & (rows[:, 0] < high + (high == 1.0))]
        if len(inside):
            said, right = inside.mean(0).round(3).tolist()
            result.append(
                {"from": low, "to": high, "plates": len(inside), "said": said, "right": right}
            )
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("build/reader.pt"))
    parser.add_argument("--validation", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = Checkpoint.load(options.model)
    model = checkpoint.network(ReaderNet)
    items = evaluate.rendered() + evaluate.real_items(Real.load(options.validation))
    crops = np.stack([crop for _, crop, _ in items])
    logits = evaluate.predictor(model, finish=False)(crops)
    best = min(TEMPERATURES, key=lambda value: surprise(confidences(logits, items, value)))
    rows = confidences(logits, items, best)
    reliability = table(rows)
    checkpoint.record |= {"temperature": round(float(best), 3), "reliability": reliability}
    checkpoint.save(options.model)
    print(f"temperature {best:.3f}, log loss {surprise(rows):.3f}")
    for line in reliability:
        print(line)


if __name__ == "__main__":
    main()
