"""How well a reader reads: rendered plates per layout (fixed seeds), and labelled crops on disk."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from alpr.engines.embedded.ctc import decode
from training.alphabet import ALPHABET, FOLD
from training.reader.data import Real
from training.reader.pool import stretch
from training.reader.shape import HEIGHT, MARGIN, STEPS, WIDTH
from training.render import LAYOUTS, photograph, render_plate

Item = tuple[str, np.ndarray, str]  # group, crop [HEIGHT, WIDTH] uint8, text


@lru_cache(maxsize=1)
def rendered(count: int = 150) -> list[Item]:
    """The rendered validation set: `count` plates of each layout, never rendered for training."""
    items = []
    for layout in LAYOUTS:
        rng = random.Random(f"validation {layout}")
        for _ in range(count):
            plate = render_plate(rng, layout)
            items.append((layout, stretch(photograph(rng, plate), (HEIGHT, WIDTH)), plate.text))
    return items


def real_items(real: Real) -> list[Item]:
    """Labelled real crops with the usual margin, as one group."""
    items = []
    for crop in real.crops:
        x1, y1, x2, y2 = crop.box
        dx, dy = MARGIN[0] * (x2 - x1), MARGIN[1] * (y2 - y1)
        part = crop.image[
            max(0, int(y1 - dy)) : int(y2 + dy) + 1, max(0, int(x1 - dx)) : int(x2 + dx) + 1
        ]
        items.append(("real", stretch(part, (HEIGHT, WIDTH)), "".join(crop.lines)))
    return items


Predict = Callable[
    [np.ndarray], np.ndarray
]  # uint8 [n, HEIGHT, WIDTH] to probabilities [n, steps, classes]


def predictor(model: nn.Module, finish: bool = True) -> Predict:
    """A torch model as a function from crops to probabilities, in batches; `finish` by softmax."""

    @torch.no_grad()
    def predict(crops: np.ndarray) -> np.ndarray:
        model.eval()
        parts = [
            model(torch.from_numpy(crops[at : at + 64]).float()[:, None])
            for at in range(0, len(crops), 64)
        ]
        result = torch.cat(parts)
        return (result.softmax(-1) if finish else result).numpy()

    return predict


def onnx_predictor(path: Path) -> Predict:
    """An exported model as a function from crops to probabilities."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def predict(crops: np.ndarray) -> np.ndarray:
        parts = [
            session.run(None, {name: crops[at : at + 64, None].astype(np.float32)})[0]
            for at in range(0, len(crops), 64)
        ]
        return np.concatenate(parts)

    return predict


def texts_of(probabilities: np.ndarray) -> list[tuple[str, list[float]]]:
    """Text and confidences of every plate in [plates, steps, classes]."""
    readings = (decode(plate, STEPS, ALPHABET) for plate in probabilities)
    return [(one.text, list(one.confidences)) for one in readings]


def read_all(predict: Predict, items: list[Item]) -> list[tuple[str, list[float]]]:
    """Text and confidences of every item."""
    return texts_of(predict(np.stack([crop for _, crop, _ in items])))


def score(predict: Predict, items: list[Item]) -> dict[str, float]:
    """Share of plates read without a fault per group, O=0, Q=0 and I=1 folded."""
    right: dict[str, list[bool]] = {}
    for (group, _, text), (read, _) in zip(items, read_all(predict, items), strict=True):
        right.setdefault(group, []).append(read.translate(FOLD) == text.translate(FOLD))
    return {group: round(float(np.mean(marks)), 3) for group, marks in right.items()}
