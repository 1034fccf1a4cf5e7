"""CTC decoding: the reader's probabilities to text, with a confidence for each character."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reading:
    """A plate's text, upper line first, and each character's confidence, 0 to 1."""

    text: str
    confidences: tuple[float, ...]
    output: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """What it was decoded from, [lines x steps, classes]."""

    @property
    def confidence(self) -> float:
        """The weakest character's confidence: one wrong character makes the text wrong."""
        return min(self.confidences, default=0.0)


def decode(probabilities: NDArray[np.float32], steps: int, alphabet: str) -> Reading:
    """The most likely class of each step, repeats and blanks removed (greedy CTC decoding).

    ``probabilities`` is [lines x steps, classes]: each run of ``steps`` rows is one line of the
    plate, the last class is the blank. A character's confidence is the maximum over its steps,
    capped by the probability that no character was dropped next to it.
    """
    lines = [_line(one, alphabet) for one in probabilities.reshape(-1, steps, len(alphabet) + 1)]
    text = "".join(one.text for one in lines)
    confidences = tuple(value for one in lines for value in one.confidences)
    return Reading(text, confidences, probabilities)


def _line(probabilities: NDArray[np.float32], alphabet: str) -> Reading:
    """The reading of one line, [steps, classes]."""
    best, highest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    blank = best == len(alphabet)
    # A character starts where a step's class is no blank and differs from the step before.
    starts = np.flatnonzero(~blank & np.diff(best, prepend=len(alphabet)).astype(bool))
    if not len(starts):
        return Reading("", ())
    classes = best[starts]
    confidences = np.maximum.reduceat(np.where(blank, 0, highest), starts)
    dropped = _dropped(probabilities[blank], classes, starts.searchsorted(np.flatnonzero(blank)))
    confidences = np.minimum(confidences, 1 - np.maximum(dropped[:-1], dropped[1:]))
    return Reading("".join(alphabet[one] for one in classes), tuple(confidences.tolist()))


def _dropped(
    blanks: NDArray[np.float32], classes: NDArray[np.intp], gaps: NDArray[np.intp]
) -> NDArray[np.float32]:
    """The probability that a character was dropped in each gap: [characters + 1].

    ``blanks`` [n, classes] are the steps decoded as blank, ``gaps`` [n] the number of characters
    before each of them: gap i lies before character i, the last one after all characters.
    """
    # A dropped character leaves probability on steps that the blank won. The highest such value
    # of a gap counts, without the classes of the characters on both sides of it: a character's
    # own probability spreads to the steps beside it and says nothing of another one.
    others = blanks[:, :-1].copy()
    steps, last = np.arange(len(others)), len(classes) - 1
    others[steps, classes[np.maximum(gaps - 1, 0)]] = 0
    others[steps, classes[np.minimum(gaps, last)]] = 0
    dropped = np.zeros(len(classes) + 1, np.float32)
    np.maximum.at(dropped, gaps, others.max(axis=1))
    return dropped
