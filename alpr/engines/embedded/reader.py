"""What plates say: crops to text, read again in other crops where that is doubtful."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from alpr.engines.embedded.acceptance import LENGTHS
from alpr.engines.embedded.beam import likely_texts
from alpr.engines.embedded.crops import Crop, CropView, crop
from alpr.engines.embedded.ctc import Reading, decode
from alpr.plates import Box, Candidate

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model

FOLDED = str.maketrans("OQI", "001")
"""Characters that many plates do not tell apart; readings that differ only in them agree."""

HOPELESS_THRESHOLD, CERTAIN_THRESHOLD = 0.15, 0.8
"""Readings with confidence in [0.15, 0.8) are read again from other crops: below is almost never a
plate, and above no more texts come out right. Chosen on the validation photos, crops and close-ups
of their plates."""

TURNS = ((-4.0, 4.0), (-20.0, -12.0, -8.0, 8.0, 12.0, 20.0))
"""Rotations of further crops in degrees, because plates seldom hang level in the image. Slight ones
are tried first, strong ones last, each group only if there is still a doubt."""

MARGIN_FACTORS = ((1 / 3, 0.4), (5 / 3, 1.6))
"""Margins of a tighter and a wider crop, as multiples of the usual ones (horizontal, vertical).
They are tried between the two groups of rotations."""

MAX_CANDIDATES, MIN_CANDIDATE_PROBABILITY = 5, 0.01
"""A plate's likely texts: their number, and the probability from which on others than its own
count."""


class Reader:
    """Reads plates of one or two lines; may be shared between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model
        height, width = model.input_shape[2:]
        self._size = int(width), int(height)
        self._alphabet = str(model.metadata["alphabet"])
        self._steps = int(model.metadata["steps_per_line"])
        margin = model.metadata["margin"]
        across, down = float(margin["x"]), float(margin["y"])
        self._first_view = CropView(across, down)
        slight, strong = ([CropView(across, down, turn) for turn in turns] for turns in TURNS)
        sizes = [CropView(across * x, down * y) for x, y in MARGIN_FACTORS]
        self._further_views = slight, sizes, strong

    def read(self, image: Image.Image, boxes: Sequence[Box]) -> list[Reading]:
        """The text in each of these boxes of an RGB image, in their order, from one crop each."""
        return self._readings(crop(image, box, self._first_view, self._size) for box in boxes)

    def reread(self, image: Image.Image, box: Box, first: Reading) -> Reading:
        """The vote of several crops of one box where its ``first`` reading is doubtful."""
        if not HOPELESS_THRESHOLD <= first.confidence < CERTAIN_THRESHOLD:
            return first
        readings = [first]
        for views in self._further_views:
            readings += self._readings(crop(image, box, view, self._size) for view in views)
            best = vote(readings)
            if best.confidence >= CERTAIN_THRESHOLD:
                break
        return best

    def candidates(self, reading: Reading) -> tuple[Candidate, ...]:
        """The likely texts of a reading's crop: its own first, the others by probability."""
        if reading.output is None:
            return ()
        likely = likely_texts(reading.output, self._steps, self._alphabet)
        own = [one for one in likely if one.text == reading.text]
        others = [
            one for one in likely if one not in own and one.probability >= MIN_CANDIDATE_PROBABILITY
        ]
        return tuple((own + others)[:MAX_CANDIDATES])

    def _readings(self, crops: Iterable[Crop | None]) -> list[Reading]:
        possible = [one for one in crops if one is not None]
        if not possible:
            return []
        outputs = self._model.run(np.stack(possible))
        return [decode(output, self._steps, self._alphabet) for output in outputs]


def vote(readings: Sequence[Reading]) -> Reading:
    """The most confident reading of the text with the largest weight.

    Each reading weighs the square of its confidence, because doubtful crops say little. The
    answer's confidences are multiplied by its text's share of all weights. Readings that have no
    plate's length do not vote; the first one is returned if none has.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for one in readings:
        if len(one.text) in LENGTHS:
            weights[one.text.translate(FOLDED)] += one.confidence**2
    if not weights:
        return readings[0]
    best = max(weights, key=weights.__getitem__)
    agreeing = [one for one in readings if one.text.translate(FOLDED) == best]
    winner = max(agreeing, key=lambda one: one.confidence)
    share = weights[best] / sum(weights.values())
    return replace(winner, confidences=tuple(share * value for value in winner.confidences))
