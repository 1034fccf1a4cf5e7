"""Which text labels a real plate: a person's, its data set's, or one that readers share."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from training.alphabet import FOLD
from training.reader.shape import MAX_LINE_LENGTH

Lines = tuple[str, str]
# Texts that people read off the crops on which the teacher and a reader of ours did not agree, by
# file and box (as "x1 y1 x2 y2"); | between two lines, "-" where it cannot be told.
BY_EYE = Path(__file__).parent / "by_eye.json"
LETTERS = str.maketrans("01", "OI")
DIGITS = str.maketrans("OI", "01")


def clean(text: str) -> str:
    """Latin letters and digits only, 0 and 1 put right where the grammar is plain.

    The teacher guesses between 0 and O, 1 and I: a group of a letter and 0 or 1 is two letters,
    and a British plate has two digits in its third and fourth place.
    """
    plain = unicodedata.normalize("NFKD", text.upper())  # an umlaut is read as its letter
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    groups = re.findall("[A-Z0-9]+", plain)
    pair = re.compile("[A-Z][01]|[01][A-Z]")
    groups = [group.translate(LETTERS) if pair.fullmatch(group) else group for group in groups]
    text = "".join(groups)
    british = re.fullmatch("([A-Z]{2})([0-9OI]{2})([A-Z]{3})", text)
    if british:
        text = british[1] + british[2].translate(DIGITS) + british[3]
    return text


def distance(one: str, other: str) -> int:
    """Edit distance, after folding characters that plates do not tell apart."""
    one, other = one.translate(FOLD), other.translate(FOLD)
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def plausible(text: str) -> bool:
    """Whether a plate may say that: a word without digits is more often a slogan."""
    return 4 <= len(text) <= MAX_LINE_LENGTH and bool(re.search("[0-9]", text))


def vote(reads: dict[str, tuple[str, float]]) -> Lines | None:
    """The one line that two variants of the whole crop read alike, one of them with confidence."""
    confidences: dict[str, list[float]] = {}
    for name in ("wide", "close", "upright", "middle"):
        if name in reads:
            text, weakest = reads[name]
            confidences.setdefault(clean(text), []).append(weakest)
    for text, marks in confidences.items():
        if plausible(text) and len(marks) > 1 and min(marks) > 0.4 and max(marks) > 0.7:
            return text, ""
    return None


def two_lines(reads: dict[str, tuple[str, float]]) -> Lines | None:
    """Upper and lower line, where the halves of the crop are read as two different short texts."""
    (upper, first), (lower, second) = (reads.get(half, ("", 0.0)) for half in ("upper", "lower"))
    upper, lower = clean(upper), clean(lower)
    apart = distance(upper, lower) >= max(len(upper), len(lower)) - 1
    short = (
        1 <= len(upper) <= 6 and 2 <= len(lower) <= 6 and 5 <= len(upper + lower) <= MAX_LINE_LENGTH
    )
    if apart and short and first > 0.6 and second > 0.6 and plausible(upper + lower):
        return upper, lower
    return None


def confirmed(reads: dict[str, tuple[str, float]], ours: Lines, confidence: float) -> Lines | None:
    """What the teacher reads and our reader confirms, in whichever way the lines fall."""
    text = "".join(ours)
    if not plausible(text):
        return None
    halves = two_lines(reads)
    if halves and distance("".join(halves), text) == 0 and ours[1]:
        return halves  # between 0 and O, 1 and I the teacher guesses better
    for name in ("wide", "close", "upright", "middle"):
        read, weakest = reads.get(name, ("", 0.0))
        gap, one = distance(clean(read), text), (clean(read), "")
        near = gap == 1 and weakest > 0.85 and plausible(one[0])
        if not ours[1] and (near or (gap == 0 and max(weakest, confidence) > 0.5)):
            return one
    return None


def halved(lines: Lines, aspect: float) -> bool:
    """Whether this looks like only the lower line of two: few digits on a tall plate."""
    return not lines[1] and aspect < 2.8 and len(lines[0]) <= 4 and lines[0].isdigit()


def read_by_eye(row: dict[str, Any]) -> str:
    """What a person read there, or an empty text if it was not looked at."""
    box = " ".join(f"{side:g}" for side in row["box"])
    return str(_by_eye().get(row["file"], {}).get(box, ""))


@cache
def _by_eye() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(BY_EYE.read_text())
    return texts


def label(row: dict[str, Any], ours: tuple[Lines, float] | None) -> Lines | None:
    """The text to train on, or nothing.

    What a person has read, else the data set's own, else what teacher (and reader) agree on.
    """
    if text := read_by_eye(row):
        upper, _, lower = text.strip("-").partition("|")
        return (upper, lower) if upper else None
    if row["text"]:
        return re.sub("[^A-Z0-9]", "", row["text"].upper()), ""
    if ours is None:
        return vote(row["reads"])
    kept = confirmed(row["reads"], *ours)
    if kept:
        return kept
    kept = vote(row["reads"])
    return kept if kept and distance(kept[0], "".join(ours[0])) <= 2 else None
