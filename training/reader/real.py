"""Real crops with text.

Which of the teacher's readings to believe, and how to look at a crop ever differently.

`python -m training.reader.real --teacher build/teacher_train.jsonl --data DATA/train
--out build/real_train.npz [--reader build/reader.pt]` keeps what at least two variants agree on;
given a reader of ours, also what it confirms, and not what it contradicts. What a person has read
(BY_EYE) goes before both.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from alpr.engines.embedded.ctc import decode
from training.alphabet import ALPHABET, FOLD
from training.images import read_gray
from training.reader import evaluate
from training.reader.data import Real, RealCrop
from training.reader.measure import around, load
from training.reader.model import CLASSES, HEIGHT, STEPS, WIDTH
from training.reader.pool import MAX_LINE_LENGTH, stretch

ROOM = 0.4  # of the box on every side: kept around a crop so that it can be shaken and turned
Lines = tuple[str, str]
# Texts that people read off the crops on which the teacher and a reader of ours did not agree, by
# file and box (as "x1 y1 x2 y2"); | between two lines, "-" where nobody can tell.
BY_EYE = Path(__file__).parent / "by_eye.json"
LETTERS = str.maketrans("01", "OI")
DIGITS = str.maketrans("OI", "01")


def clean(text: str) -> str:
    """Latin letters and digits alone, 0 and 1 put right where the grammar is plain.

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


def agreed(reads: dict[str, tuple[str, float]]) -> Lines | None:
    """The one line that two variants of the whole crop read alike, at least one of them surely."""
    sure: dict[str, list[float]] = {}
    for name in ("wide", "close", "upright", "middle"):
        if name in reads:
            text, weakest = reads[name]
            sure.setdefault(clean(text), []).append(weakest)
    for text, marks in sure.items():
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


def confirmed(reads: dict[str, tuple[str, float]], ours: Lines, surety: float) -> Lines | None:
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
        if not ours[1] and (near or (gap == 0 and max(weakest, surety) > 0.5)):
            return one
    return None


def halved(lines: Lines, aspect: float) -> bool:
    """Whether this looks like the lower line alone of two: few digits on a tall plate."""
    return not lines[1] and aspect < 2.8 and len(lines[0]) <= 4 and lines[0].isdigit()


def seen(row: dict[str, Any]) -> str:
    """What a person read there, or an empty text where nobody has looked."""
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
    if text := seen(row):
        upper, _, lower = text.strip("-").partition("|")
        return (upper, lower) if upper else None
    if row["text"]:
        return re.sub("[^A-Z0-9]", "", row["text"].upper()), ""
    if ours is None:
        return agreed(row["reads"])
    kept = confirmed(row["reads"], *ours)
    if kept:
        return kept
    kept = agreed(row["reads"])
    return kept if kept and distance(kept[0], "".join(ours[0])) <= 2 else None


def read_ours(
    predict: evaluate.Predict | None, grey: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[Lines, float] | None:
    """Our reader's lines of a box and its weakest character, if there is a reader."""
    if predict is None:
        return None
    crop = stretch(around(grey, box), (HEIGHT, WIDTH))
    halves = predict(crop[None])[0].reshape(2, STEPS, CLASSES)
    upper, lower = (decode(half, STEPS, ALPHABET) for half in halves)
    return (upper.text, lower.text), min(upper.confidences + lower.confidences, default=0.0)


def with_room(grey: np.ndarray, box: tuple[float, float, float, float], lines: Lines) -> RealCrop:
    """A plate cut out of a grey image with ROOM around it."""
    x1, y1, x2, y2 = box
    left, top = (max(0, int(low - ROOM * (high - low))) for low, high in ((x1, x2), (y1, y2)))
    part = grey[top : int(y2 + ROOM * (y2 - y1)), left : int(x2 + ROOM * (x2 - x1))]
    return RealCrop(part, (x1 - left, y1 - top, x2 - left, y2 - top), lines)


def collect(
    teacher: Path, data: Path, predict: evaluate.Predict | None
) -> tuple[list[RealCrop], Counter[str]]:
    """All believed crops, grey, with room around, and how many came under which licence."""
    crops: list[RealCrop] = []
    licences: Counter[str] = Counter()
    for line in teacher.read_text().splitlines():
        row = json.loads(line)
        grey = read_gray(data / row["file"])
        x1, y1, x2, y2 = row["box"]
        lines = label(row, read_ours(predict, grey, (x1, y1, x2, y2)))
        if lines is None or not lines[0]:
            continue
        if not seen(row) and halved(lines, (x2 - x1) / (y2 - y1)):
            continue
        crops.append(with_room(grey, (x1, y1, x2, y2), lines))
        licences[f"{row['source']}: {row['licence']}"] += 1
    return crops, licences


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reader", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    crops, licences = collect(
        options.teacher, options.data, load(options.reader) if options.reader else None
    )
    Real(crops, dict(licences)).save(options.out)
    double = sum(bool(crop.lines[1]) for crop in crops)
    print(f"{len(crops)} crops, {double} of two lines: {dict(licences)}")


if __name__ == "__main__":
    main()
