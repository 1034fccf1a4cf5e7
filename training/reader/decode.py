"""From the network's probabilities to text: greedy CTC, each line of steps on its own."""

from __future__ import annotations

import numpy as np

from training.reader.model import BLANK, STEPS
from training.render.texts import ALPHABET


def decode_line(probabilities: np.ndarray) -> tuple[str, list[float]]:
    """The text of [steps, classes] probabilities and the confidence of each character.

    Its best step's.
    """
    text, confidences, last = "", [], BLANK
    for step in probabilities:
        best = int(step.argmax())
        if best != BLANK:
            if best != last:
                text += ALPHABET[best]
                confidences.append(0.0)
            confidences[-1] = max(confidences[-1], float(step[best]))
        last = best
    return text, confidences


def decode(probabilities: np.ndarray) -> tuple[tuple[str, str], list[float]]:
    """Both lines of [2 * STEPS, classes] probabilities, and each character's confidence."""
    (upper, first), (lower, second) = (
        decode_line(probabilities[:STEPS]),
        decode_line(probabilities[STEPS:]),
    )
    return (upper, lower), first + second
