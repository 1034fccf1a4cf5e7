"""Finds the plates among the lines of text on an image.

Most text in a street is not a plate: shop signs, model badges, the name of the state, the clock
that a camera writes into its images. A plate is recognised by its length, digits and shape, and by
its distance from other text. Two-line plates, and plates with wide gaps between their groups, are
read as several lines and are joined.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from alpr.plates import Box, Plate, sort_by_confidence

MIN_LENGTH, MAX_LENGTH = 5, 10
"""Characters of a plate. Shorter ones exist, but model badges (C200, 320D) are more common."""

MAX_LENGTH_ALL_DIGITS = 7
"""A longer number without any letter is a telephone number."""

MAX_LENGTH_ALL_LETTERS = 3
"""More letters without a digit are a word (TEXAS, TAXI), not part of a plate."""

MAX_LOWERCASE = 2
"""Plates have capitals only; one or two lowercase letters are misread ones."""

MIN_CHAR_WIDTH, MAX_CHAR_WIDTH = 0.2, 1.3
"""Mean width of a character, as a fraction of the line's height."""

CLOCK_OR_DATE = re.compile(r"\d\s*[:/]\s*\d|\d[-.]\d\d?[-.]\d")
"""12:34, 24/12 and 2026-11-22, as cameras write into their images."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: its characters, a confidence for each, and its place.

    ``length`` and ``height`` are measured along and across the text, in pixels; ``box`` is the
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


def find_plates(lines: Iterable[Line], score_threshold: float) -> list[Plate]:
    """The plates, best first, from lines with a mean confidence of at least ``score_threshold``."""
    parts = [
        _Part((line,), line.box)
        for raw in lines
        if _may_be_part(raw, line := _letters_and_digits(raw)) and line.score >= score_threshold
    ]
    parts = _join(_join(parts, _is_beside), _is_below)
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
        """The score of the weakest line."""
        return min(line.score for line in self.lines)

    @property
    def height(self) -> float:
        return max(line.height for line in self.lines)

    def join(self, other: _Part) -> _Part:
        return _Part(self.lines + other.lines, self.box.union(other.box))


def _letters_and_digits(line: Line) -> Line:
    """The line in Latin capitals and digits, without separators and accents."""
    kept = [
        (plain.upper(), confidence)
        for char, confidence in zip(line.text, line.confidences, strict=True)
        if (plain := unicodedata.normalize("NFKD", char)[0]).isascii() and plain.isalnum()
    ]
    text = "".join(char for char, _ in kept)
    confidences = tuple(confidence for _, confidence in kept)
    return replace(line, text=text, confidences=confidences)


def _may_be_part(raw: Line, line: Line) -> bool:
    """Whether a line, as read and as normalised, can be a plate or a part of one."""
    if not 0 < len(line.text) <= MAX_LENGTH:
        return False
    if line.text.isdigit() and CLOCK_OR_DATE.search(raw.text):
        return False
    if line.text.isalpha() and len(line.text) > MAX_LENGTH_ALL_LETTERS:
        return False
    if sum(map(str.islower, raw.text)) > MAX_LOWERCASE:
        return False
    return MIN_CHAR_WIDTH <= line.length / line.height / len(line.text) <= MAX_CHAR_WIDTH


def _may_be_plate(text: str) -> bool:
    return (
        MIN_LENGTH <= len(text) <= MAX_LENGTH
        and not text.isalpha()
        and not (text.isdigit() and len(text) > MAX_LENGTH_ALL_DIGITS)
    )


def _join(parts: Sequence[_Part], follows: Callable[[_Part, _Part], bool]) -> list[_Part]:
    """Joins pairs that belong together until there are none."""
    remaining = list(parts)
    while True:
        pairs = itertools.permutations(remaining, 2)
        pair = next(((one, two) for one, two in pairs if follows(one, two)), None)
        if pair is None:
            return remaining
        remaining = [part for part in remaining if part not in pair] + [pair[0].join(pair[1])]


def _is_beside(left: _Part, right: _Part) -> bool:
    """Whether ``right`` continues the line that ``left`` starts.

    The part on the right may be smaller, as a Russian region is. A smaller part on the left is the
    country on a blue band.
    """
    height = max(left.height, right.height)
    gap = right.box.x_min - left.box.x_max
    return (
        len(left.text) + len(right.text) <= MAX_LENGTH
        and left.height > 0.85 * height
        and right.height > 0.6 * height
        and abs(left.box.center[1] - right.box.center[1]) < 0.4 * height
        and -0.5 * height < gap < 0.8 * height
    )


def _is_below(upper: _Part, lower: _Part) -> bool:
    """Whether ``upper`` and ``lower`` are the two lines of a plate."""
    height = max(upper.height, lower.height)
    widths = sorted((upper.box.width, lower.box.width))
    return (
        len(upper.text) + len(lower.text) <= MAX_LENGTH
        and min(upper.height, lower.height) > 0.5 * height
        and 0.5 * height < lower.box.center[1] - upper.box.center[1] < 1.5 * height
        and abs(upper.box.center[0] - lower.box.center[0]) < 0.3 * widths[1]
        and widths[0] > 0.4 * widths[1]
    )
