"""What plates say: crops in one batch to text, with a confidence for each character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded.crops import Crop, Look, crop
from alpr.plates import Box

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

LENGTHS = range(3, 12)
"""Characters of a plate; shorter texts are stickers and badges more often than plates."""

ALIKE = str.maketrans("OQI", "001")
"""Characters that many plates do not tell apart, so that looks which differ in them agree."""

SURE, LOST = 0.95, 0.15
"""A plate that is read less surely than the one, and not so badly as the other that it is most
likely none, is looked at again in other ways."""

TURNS = ((-4.0, 4.0), (-20.0, -12.0, -8.0, 8.0, 12.0, 20.0))
"""Degrees; plates are seldom hung straight before the camera. The first are tried first, and the
others where those leave a doubt."""

MARGINS = ((1 / 3, 0.4), (5 / 3, 1.6))
"""Tighter and wider than the usual margin, across and down, as its multiples; tried first, too."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A plate's text, upper line first, and each character's confidence, 0 to 1."""

    text: str
    confidences: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """The weakest character's: a text is wrong when one of its characters is."""
        return min(self.confidences, default=0.0)


class Reader:
    """Reads plates of one or two lines; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model
        height, width = model.input_shape[2:]
        self._size = int(width), int(height)
        self._alphabet = str(model.facts["alphabet"])
        self._steps = int(model.facts["steps_per_line"])
        margin = model.facts["margin"]
        across, down = float(margin["x"]), float(margin["y"])
        self._first = Look(across, down)
        first, others = ([Look(across, down, turn) for turn in turns] for turns in TURNS)
        first += [Look(across * x, down * y) for x, y in MARGINS]
        self._others = first, others

    def read(self, image: Image.Image, boxes: Sequence[Box]) -> list[Reading]:
        """The text in each of these boxes of an RGB image at a first look, in their order."""
        return self._readings(crop(image, box, self._first, self._size) for box in boxes)

    def look_again(self, image: Image.Image, box: Box, first: Reading) -> Reading:
        """What several looks at a box agree on, the first among them, where that is doubtful."""
        if not LOST <= first.confidence < SURE:
            return first
        readings = [first]
        for looks in self._others:
            crops = (crop(image, box, look, self._size) for look in looks)
            readings += self._readings(crops)
            best = agreed(readings)
            if best.confidence >= SURE:
                break
        return best

    def _readings(self, crops: Iterable[Crop | None]) -> list[Reading]:
        possible = [one for one in crops if one is not None]
        if not possible:
            return []
        outputs = self._model.run(np.stack(possible))
        return [decode(output, self._steps, self._alphabet) for output in outputs]


def agreed(readings: Sequence[Reading]) -> Reading:
    """The surest reading of the text that most weight is behind; the first where none is a plate's.

    Each reading weighs as much as the square of its confidence: an unsure look says little.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for one in readings:
        if len(one.text) in LENGTHS:
            weights[one.text.translate(ALIKE)] += one.confidence**2
    if not weights:
        return readings[0]
    best = max(weights, key=weights.__getitem__)
    agreeing = [one for one in readings if one.text.translate(ALIKE) == best]
    return max(agreeing, key=lambda one: one.confidence)


def decode(probabilities: NDArray[np.float32], steps: int, alphabet: str) -> Reading:
    """Greedy decoding (connectionist temporal classification) of [lines x steps, classes].

    Each run of ``steps`` is a line; the last class is the blank. A character is as sure as its best
    step, but no surer than that nothing was left out beside it.
    """
    lines = [_line(one, alphabet) for one in probabilities.reshape(-1, steps, len(alphabet) + 1)]
    text = "".join(one.text for one in lines)
    return Reading(text, tuple(sure for one in lines for sure in one.confidences))


def _line(probabilities: NDArray[np.float32], alphabet: str) -> Reading:
    """The same for one line, [steps, classes]."""
    best, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    blank = best == len(alphabet)
    starts = np.flatnonzero(~blank & np.diff(best, prepend=len(alphabet)).astype(bool))
    if not len(starts):
        return Reading("", ())
    classes = best[starts]
    sure = np.maximum.reduceat(np.where(blank, 0, surest), starts)
    omitted = _omitted(probabilities[blank], classes, starts.searchsorted(np.flatnonzero(blank)))
    sure = np.minimum(sure, 1 - np.maximum(omitted[:-1], omitted[1:]))
    return Reading("".join(alphabet[one] for one in classes), tuple(sure.tolist()))


def _omitted(
    blanks: NDArray[np.float32], classes: NDArray[np.intp], before: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Before each of a line's characters and after the last, how nearly another one was read.

    From the steps that say blank and how many characters are before each; a character that is
    read often spreads to the steps beside it, which says nothing.
    """
    others = blanks[:, :-1].copy()
    steps, last = np.arange(len(others)), len(classes) - 1
    others[steps, classes[np.maximum(before - 1, 0)]] = 0
    others[steps, classes[np.minimum(before, last)]] = 0
    omitted = np.zeros(len(classes) + 1, np.float32)
    np.maximum.at(omitted, before, others.max(axis=1))
    return omitted
