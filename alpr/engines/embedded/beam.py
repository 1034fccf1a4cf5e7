"""CTC beam search: the most likely texts of the reader's probabilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from alpr.plates import Candidate

Beams = dict[str, tuple[float, float]]
"""Texts with the probability of their paths that end in a blank, and of the others."""

BEAM_WIDTH = 10
"""Texts that are kept from step to step."""

MIN_CLASS_PROBABILITY = 0.005
"""Less likely classes of a step are left out: they lead to no text of 0.01."""


def likely_texts(probabilities: NDArray[np.float32], steps: int, alphabet: str) -> list[Candidate]:
    """The most likely texts of [lines x steps, classes], best first, with their probabilities.

    The lines are independent: the probability of a text is the product of its lines'.
    """
    texts = [Candidate("", 1.0)]
    for line in probabilities.reshape(-1, steps, len(alphabet) + 1):
        both = (Candidate(a + b, p * q) for a, p in texts for b, q in _line(line, alphabet))
        texts = _best(both)
    return texts


def _line(probabilities: NDArray[np.float32], alphabet: str) -> list[Candidate]:
    # Many paths of classes say the same text: "A A -" and "- A A" both say A. For each text, the
    # sum over its paths is kept in two parts, by whether the last step is blank. Only after a blank
    # does a repeated class start a character again; otherwise it goes on with the last one.
    beams = {"": (1.0, 0.0)}
    for step in probabilities:
        likely = np.flatnonzero(step >= MIN_CLASS_PROBABILITY).tolist()
        if likely == [len(alphabet)]:
            p = float(step[-1])
            beams = {text: ((blank + char) * p, 0.0) for text, (blank, char) in beams.items()}
        else:
            beams = _next(beams, [(i, float(step[i])) for i in likely], alphabet)
    return _best(Candidate(text, blank + char) for text, (blank, char) in beams.items())


def _next(beams: Beams, likely: Sequence[tuple[int, float]], alphabet: str) -> Beams:
    """The beams after a step with these classes and their probabilities."""
    after_blank: defaultdict[str, float] = defaultdict(float)
    after_char: defaultdict[str, float] = defaultdict(float)
    for text, (blank, char) in beams.items():
        for index, p in likely:
            if index == len(alphabet):
                after_blank[text] += (blank + char) * p
            elif text.endswith(alphabet[index]):
                after_char[text] += char * p
                after_char[text + alphabet[index]] += blank * p
            else:
                after_char[text + alphabet[index]] += (blank + char) * p
    texts = {*after_blank, *after_char}
    best = _best(Candidate(text, after_blank[text] + after_char[text]) for text in texts)
    return {text: (after_blank[text], after_char[text]) for text, _ in best}


def _best(texts: Iterable[Candidate]) -> list[Candidate]:
    possible = (one for one in texts if one.probability)
    return sorted(possible, key=lambda one: (-one.probability, one.text))[:BEAM_WIDTH]
