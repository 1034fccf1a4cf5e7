"""What plates say: crops in one batch to text, with a confidence for each character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr.plates import Box, box_inside

if TYPE_CHECKING:
    from alpr.engines.embedded.models import Model


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
        self._height, self._width = model.input_shape[2:]
        self._alphabet = str(model.facts["alphabet"])
        self._steps = int(model.facts["steps_per_line"])
        margin = model.facts["margin"]
        self._margin = (float(margin["x"]), float(margin["y"]))

    def read(self, image: Image.Image, boxes: Sequence[Box]) -> list[Reading]:
        """The text in each of these boxes of an RGB image, in their order."""
        if not boxes:
            return []
        crops = [self._crop(image, box) for box in boxes]
        outputs = self._model.run(np.stack(crops))
        return [decode(output, self._steps, self._alphabet) for output in outputs]

    def _crop(self, image: Image.Image, box: Box) -> NDArray[np.float32]:
        """A box and its margin, grey, stretched to the network's input: [1, height, width]."""
        across, down = box.width * self._margin[0], box.height * self._margin[1]
        wide = box_inside(
            box.x_min - across,
            box.y_min - down,
            box.x_max + across,
            box.y_max + down,
            width=image.width,
            height=image.height,
        )
        grey = image.crop(wide.corners).convert("L")
        stretched = grey.resize((self._width, self._height), Image.Resampling.BILINEAR)
        return np.asarray(stretched, np.float32)[None]


def decode(probabilities: NDArray[np.float32], steps: int, alphabet: str) -> Reading:
    """Greedy decoding (connectionist temporal classification) of [lines x steps, classes].

    Each run of ``steps`` is a line; the last class is the blank. A character's confidence is its
    best step's.
    """
    blank = len(alphabet)
    text: list[str] = []
    confidences: list[float] = []
    for line in probabilities.reshape(-1, steps, blank + 1):
        last = blank
        for step, best in zip(line, line.argmax(axis=1).tolist(), strict=True):
            if best not in (blank, last):
                text.append(alphabet[best])
                confidences.append(float(step[best]))
            elif best != blank:
                confidences[-1] = max(confidences[-1], float(step[best]))
            last = best
    return Reading("".join(text), tuple(confidences))
