"""What a plate may say besides what was read: the reader's candidates, and look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby, product
from math import prod

from alpr.formats.notation import compact
from alpr.plates import Plate

CERTAIN_THRESHOLD = 0.98
"""A character of this confidence or more is never changed."""

LOOK_ALIKES: Mapping[str, str] = {
    "O": "0QD", "0": "OQD", "Q": "0O", "D": "0O", "I": "1", "1": "I", "B": "8", "8": "B",
    "S": "5", "5": "S", "Z": "2", "2": "Z", "G": "6", "6": "G",
}  # fmt: skip
"""What a character may be in truth, although the reader names no such candidate."""

MAX_PLACES, MAX_CHANGED = 8, 2
"""Look-alikes are tried in the least certain places of a text, and in a few at once."""

MIN_CONFIDENCE = 0.01
"""A character of less confidence is taken to have this one."""


def likely_texts(plate: Plate, read: str) -> dict[str, float]:
    """Texts that keep every certain character of the one that was read, with their probabilities.

    The text itself is the first.
    """
    places = _places(plate, read)
    listed = {compact(text): probability for text, probability in reversed(plate.candidates)}
    own = listed.get(read, plate.confidence)
    likely = {read: own}
    for text, probability in listed.items():
        if _keeps_certain(text, read, places):
            likely.setdefault(text, probability)
    # What the reader does not list is no likelier than all that it does not list.
    rest = max(0.0, 1 - sum(listed.values())) if listed else 1.0
    for text, factor in _look_alikes(read, places):
        likely.setdefault(text, min(own * factor, rest))
    return likely


def _places(plate: Plate, read: str) -> Sequence[float]:
    """Each character's confidence, or the plate's for all of them."""
    known = plate.char_confidences
    return known if len(known) == len(read) else (plate.confidence,) * len(read)


def _keeps_certain(text: str, read: str, places: Sequence[float]) -> bool:
    """Whether a text has every certain character of the one that was read.

    In a text of the same length each has its place. In another one ``n`` doubtful characters side
    by side may have become up to ``n + 1``, and nothing is new between two certain ones.
    """
    certain = [confidence >= CERTAIN_THRESHOLD for confidence in places]
    if len(text) == len(read):
        return all(a == b or not fixed for a, b, fixed in zip(text, read, certain, strict=True))
    pattern = ""
    for fixed, run in groupby(zip(read, certain, strict=True), lambda one: one[1]):
        chars = "".join(char for char, _ in run)
        pattern += re.escape(chars) if fixed else f".{{0,{len(chars) + 1}}}"
    return re.fullmatch(pattern, text) is not None


def _look_alikes(read: str, places: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Texts with look-alikes in doubtful places, and their probabilities as factors of the read's.

    What is left of a character's confidence is shared equally by its look-alikes.
    """
    doubtful = [i for i, char in enumerate(read) if char in LOOK_ALIKES]
    doubtful = [i for i in doubtful if places[i] < CERTAIN_THRESHOLD]
    doubtful = sorted(doubtful, key=lambda i: places[i])[:MAX_PLACES]
    for count in range(1, MAX_CHANGED + 1):
        for changed in combinations(doubtful, count):
            for new in product(*(LOOK_ALIKES[read[i]] for i in changed)):
                chars = list(read)
                for i, char in zip(changed, new, strict=True):
                    chars[i] = char
                yield "".join(chars), prod(_share(read[i], places[i]) for i in changed)


def _share(char: str, confidence: float) -> float:
    """How likely one look-alike of a character is, as a multiple of the character itself."""
    confidence = max(confidence, MIN_CONFIDENCE)
    return (1 - confidence) / confidence / len(LOOK_ALIKES[char])
