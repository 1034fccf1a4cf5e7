"""Which texts are a plate's: one table of the scores that each kind of text needs.

Two figures decide. The combined score is the reader's confidence times the detection score. The
context likelihood says how likely the surroundings are those of a plate; it costs a network's run
and is computed only where a rule needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from alpr.engines.embedded.ctc import Reading
from alpr.plates import Box

LENGTHS = range(3, 12)
"""Usual numbers of characters of a plate; shorter texts are stickers more often than plates."""

SHORT_LENGTH = 2
"""Characters of the shortest plates, e.g. F1."""

MIN_LONG_WORD = 6
"""Characters from which on a text of letters and one 0 or 1 is a word with a misread O or I."""

FOUR_LETTERS = re.compile("[A-Z]{4}")


EDGE_FRACTION = 1 / 6
"""Height of the strips at the upper and the lower edge of an image, as a fraction of its height,
and width of their corners, as one of its width. Cameras burn their clock and name in there; a plate
lies there only where the edge cuts a vehicle off."""


class Kind(Enum):
    """What a text looks like, and so how often a sign says the same."""

    REGULAR = auto()
    WORD_LIKE = auto()
    """Four letters in a row among others, e.g. BAKERY30."""
    WORD = auto()
    """Letters only, or a long word with one O or I read as a digit, e.g. EXIT, N0PARKING."""
    SHORT = auto()
    """A letter and a digit, e.g. F1; stickers say the same."""


class Place(Enum):
    """Where in an image a text is."""

    INSIDE = auto()
    EDGE = auto()
    """In the upper or the lower strip."""
    CORNER = auto()
    """In an end of such a strip."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to be a plate: every threshold is a minimum, from 0 to 1.

    ``joint_threshold`` is for the combined score times the context likelihood, and
    ``reader_threshold`` for the reader's confidence only. A rule whose context thresholds are 0
    never asks for the likelihood.
    """

    score_threshold: float
    context_threshold: float = 0.0
    joint_threshold: float = 0.0
    reader_threshold: float = 0.0

    def holds(
        self, confidence: float, combined_score: float, likelihood: Callable[[], float]
    ) -> bool:
        if confidence < self.reader_threshold or combined_score < self.score_threshold:
            return False
        if not self.context_threshold and not self.joint_threshold:
            return True
        return (
            likelihood() >= self.context_threshold
            and combined_score * likelihood() >= self.joint_threshold
        )


RULES: Mapping[Kind, Sequence[Rule]] = {
    Kind.REGULAR: (
        Rule(score_threshold=0.6),
        Rule(score_threshold=0.1, context_threshold=0.06, joint_threshold=0.03),
    ),
    Kind.WORD_LIKE: (
        Rule(score_threshold=0.7),
        Rule(score_threshold=0.1, context_threshold=0.06, joint_threshold=0.03),
    ),
    Kind.WORD: (
        Rule(score_threshold=0.75, context_threshold=0.06),
        Rule(score_threshold=0.5, joint_threshold=0.5),
    ),
    Kind.SHORT: (Rule(score_threshold=0.6, context_threshold=0.5, reader_threshold=0.95),),
}
"""A text is a plate's when one rule of its kind holds. Chosen on the validation photos, crops and
close-ups of their plates, and drawn signs; that of regular texts also with clocks and camera names
burnt into photos without a plate."""


PLACE_RULES: Mapping[Place, Sequence[Rule]] = {
    Place.INSIDE: (Rule(score_threshold=0.0),),
    Place.EDGE: (
        Rule(score_threshold=0.85),
        Rule(score_threshold=0.0, context_threshold=0.06),
    ),
    Place.CORNER: (
        Rule(score_threshold=0.85),
        Rule(score_threshold=0.75, context_threshold=0.06),
        Rule(score_threshold=0.0, context_threshold=0.2),
    ),
}
"""One rule of its place must hold, too. Chosen on validation photos with clocks and camera names
burnt in, and on the same photos cut off below and above their plates."""


def kind_of(text: str) -> Kind:
    digits = [char for char in text if char.isdigit()]
    one_misread = len(digits) == 1 and digits[0] in "01"
    if text.isalpha() or (one_misread and len(text) >= MIN_LONG_WORD):
        return Kind.WORD
    if len(text) == SHORT_LENGTH and len(digits) == 1:
        return Kind.SHORT
    return Kind.WORD_LIKE if FOUR_LETTERS.search(text) else Kind.REGULAR


def place_of(box: Box, width: int, height: int) -> Place:
    """The place of a box in an image of this size."""
    strip, corner = EDGE_FRACTION * height, EDGE_FRACTION * width
    if box.y_max > strip and box.y_min < height - strip:
        return Place.INSIDE
    return Place.CORNER if box.x_min <= corner or box.x_max >= width - corner else Place.EDGE


def is_plate(
    reading: Reading,
    detection_score: float,
    likelihood: Callable[[], float],
    place: Place = Place.INSIDE,
) -> bool:
    """Whether a reading is a plate's; ``likelihood`` computes the context likelihood."""
    kind, confidence = kind_of(reading.text), reading.confidence
    if kind is not Kind.SHORT and len(reading.text) not in LENGTHS:
        return False
    scores = confidence, confidence * detection_score, likelihood
    return all(
        any(rule.holds(*scores) for rule in rules) for rules in (RULES[kind], PLACE_RULES[place])
    )


def is_possible(text: str, likelihood: Callable[[], float]) -> bool:
    """Whether this text could be a plate's at a combined score of 1.

    No further reading of the crop helps a text for which this is false. The length is left out:
    another crop may show more characters.
    """
    kind = kind_of(text)
    return kind is Kind.SHORT or any(rule.holds(1.0, 1.0, likelihood) for rule in RULES[kind])
