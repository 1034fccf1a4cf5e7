"""Where characters and lines of a plate are apart, by what a reader sees and by the ink."""

from __future__ import annotations

import itertools

import numpy as np

from training.alphabet import ALPHABET
from training.reader.shape import BLANK, HEIGHT, STEPS, WIDTH

SEARCH = 0.35  # of the distance between two characters: how far from their middle the gap may be
BETWEEN = (0.25, 0.65)  # of a plate's height: where the gap between two lines is
MAX_GAP_INK = 0.5  # most ink in that gap, as a part of the usual: a slanting plate has no clear row


def steps_of(probabilities: np.ndarray, text: str) -> list[int]:
    """The step that says each character best, of [STEPS, CLASSES]; none for another text."""
    best, highest = probabilities.argmax(1).tolist(), probabilities.max(1).tolist()
    runs = itertools.groupby(range(STEPS), best.__getitem__)
    steps = [max(run, key=highest.__getitem__) for label, run in runs if label != BLANK]
    return steps if "".join(ALPHABET[best[step]] for step in steps) == text else []


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
