"""From lines of text on a picture to the plates among them.

What is read in a street is mostly not a plate: shop signs, model badges, the state's name, the
clock that a camera writes into its picture. A plate is known by its length, its digits and its
shape, and by standing alone. Two-line plates and plates whose groups stand far apart come as
several lines and are joined.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from alpr.plates import Box, Plate, sort_by_confidence

SHORTEST, LONGEST = 5, 10
"""Characters on a plate. Shorter ones exist, but model badges (C200, 320D) are far commoner."""

MOST_DIGITS_ALONE = 7
"""A longer number without any letter is a telephone's."""

MOST_LETTERS_ALONE = 3
"""More letters without a digit are a word (TEXAS, TAXI), and no part of a number."""

MOST_SMALL_LETTERS = 2
"""Plates have capitals; one or two small letters are misread ones."""

NARROWEST, WIDEST = 0.2, 1.3
"""A sign's share of its line's length, by the line's height."""

CLOCK_OR_DATE = re.compile(r"\d\s*[:/]\s*\d|\d[-.]\d\d?[-.]\d")
"""12:34, 24/12 and 2026-11-22: what cameras write into their pictures."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it was read: its signs, a confidence for each, and where it stands.

    ``length`` and ``height`` are measured along and across the writing, in pixels; ``box`` is the
    upright rectangle around it.
    """

    text: str
    confidences: tuple[float, ...]
    box: Box
    length: float
    height: float

    @property
    def score(self) -> float:
        return sum(self.confidences) / len(self.confidences)


def plates_among(lines: Iterable[Line], least_score: float) -> list[Plate]:
    """The plates, best first; a line whose mean confidence is below ``least_score`` is ignored."""
    parts = [
        _Part((line,), line.box)
        for raw in lines
        if _may_be_part(raw, line := _letters_and_digits(raw)) and line.score >= least_score
    ]
    parts = _joined(_joined(parts, _is_beside), _is_below)
    return sort_by_confidence(
        Plate(part.text, part.score, part.box, char_confidences=part.confidences)
        for part in parts
        if _may_be_plate(part.text)
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A candidate: one line, or several in reading order."""

    lines: tuple[Line, ...]
    box: Box

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)

    @property
    def confidences(self) -> tuple[float, ...]:
        return tuple(itertools.chain(*(line.confidences for line in self.lines)))

    @property
    def score(self) -> float:
        """A plate is read no better than its weakest line."""
        return min(line.score for line in self.lines)

    @property
    def height(self) -> float:
        return max(line.height for line in self.lines)

    def join(self, other: _Part) -> _Part:
        return _Part(self.lines + other.lines, self.box.union(other.box))


def _letters_and_digits(line: Line) -> Line:
    """The line without its separators, in Latin capitals that have lost their accents."""
    kept = [
        (plain.upper(), confidence)
        for sign, confidence in zip(line.text, line.confidences, strict=True)
        if (plain := unicodedata.normalize("NFKD", sign)[0]).isascii() and plain.isalnum()
    ]
    text, confidences = "".join(sign for sign, _ in kept), tuple(sure for _, sure in kept)
    return replace(line, text=text, confidences=confidences)


def _may_be_part(raw: Line, line: Line) -> bool:
    """Whether a line can be a plate or a piece of one, by its text as read and as it remains."""
    if not 0 < len(line.text) <= LONGEST:
        return False
    if line.text.isdigit() and CLOCK_OR_DATE.search(raw.text):
        return False
    if line.text.isalpha() and len(line.text) > MOST_LETTERS_ALONE:
        return False
    if sum(map(str.islower, raw.text)) > MOST_SMALL_LETTERS:
        return False
    return NARROWEST <= line.length / line.height / len(line.text) <= WIDEST


def _may_be_plate(text: str) -> bool:
    return (
        SHORTEST <= len(text) <= LONGEST
        and not text.isalpha()
        and not (text.isdigit() and len(text) > MOST_DIGITS_ALONE)
    )


def _joined(parts: Sequence[_Part], follows: Callable[[_Part, _Part], bool]) -> list[_Part]:
    """The parts, with every two that belong together made one, until none do."""
    remaining = list(parts)
    while True:
        pairs = itertools.permutations(remaining, 2)
        pair = next(((one, two) for one, two in pairs if follows(one, two)), None)
        if pair is None:
            return remaining
        remaining = [part for part in remaining if part not in pair] + [pair[0].join(pair[1])]


def _is_beside(left: _Part, right: _Part) -> bool:
    """Whether ``right`` goes on with the line that ``left`` began.

    What follows may be smaller, as a Russian region is; what stands before and is smaller is the
    country on a blue band.
    """
    height = max(left.height, right.height)
    gap = right.box.x_min - left.box.x_max
    return (
        len(left.text) + len(right.text) <= LONGEST
        and left.height > 0.85 * height
        and right.height > 0.6 * height
        and abs(left.box.center[1] - right.box.center[1]) < 0.4 * height
        and -0.5 * height < gap < 0.8 * height
    )


def _is_below(upper: _Part, lower: _Part) -> bool:
    """Whether ``lower`` is the second line of the plate whose first is ``upper``."""
    height = max(upper.height, lower.height)
    widths = sorted((upper.box.width, lower.box.width))
    return (
        len(upper.text) + len(lower.text) <= LONGEST
        and min(upper.height, lower.height) > 0.5 * height
        and 0.5 * height < lower.box.center[1] - upper.box.center[1] < 1.5 * height
        and abs(upper.box.center[0] - lower.box.center[0]) < 0.3 * widths[1]
        and widths[0] > 0.4 * widths[1]
    )
