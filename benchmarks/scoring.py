"""Labelled photos, and how readings are counted against their labels.

:mod:`benchmarks.accuracy` describes the form of the labels and what is counted.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

LABELS = "labels.jsonl"
Item = TypeVar("Item")
FOLDED = str.maketrans("OQI", "001")


class LabelledPlate(NamedTuple):
    """The true text and box ``(x_min, y_min, x_max, y_max)`` of a plate, in pixels."""

    text: str | None
    box: tuple[float, float, float, float]


class Reading(NamedTuple):
    """The text and box ``(x_min, y_min, x_max, y_max)`` that a reader answered."""

    text: str
    box: tuple[float, float, float, float]


class Photo(NamedTuple):
    path: Path
    plates: list[LabelledPlate]


class Miss(NamedTuple):
    """A plate that was not read (or, without a text, not found), and the texts read instead."""

    file: str
    truth: str | None
    read: list[str]


class BenchmarkError(Exception):
    """A folder or a service that cannot be measured."""


@dataclass
class Score:
    """Counts over the photos of one folder; ``seconds`` has one time per photo."""

    images: int = 0
    plates: int = 0
    texts: int = 0
    found: int = 0
    read: int = 0
    folded: int = 0
    false: int = 0
    seconds: list[float] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)

    def add(self, file: str, truths: Sequence[LabelledPlate], readings: Sequence[Reading]) -> None:
        """Counts one photo."""
        self.images += 1
        self.false += sum(
            not any(contains_center(reading, truth) for truth in truths) for reading in readings
        )
        for truth in truths:
            texts = [reading.text for reading in readings if contains_center(reading, truth)]
            self._add_plate(file, truth, texts)

    def _add_plate(self, file: str, truth: LabelledPlate, texts: list[str]) -> None:
        self.plates += 1
        self.found += bool(texts)
        if truth.text is None:
            is_right = bool(texts)
        else:
            expected, answered = normalise(truth.text), [normalise(text) for text in texts]
            is_right = fold(expected) in map(fold, answered)
            self.texts += 1
            self.read += expected in answered
            self.folded += is_right
        if not is_right:
            self.misses.append(Miss(file, truth.text, texts))


def contains_center(reading: Reading, truth: LabelledPlate) -> bool:
    x_min, y_min, x_max, y_max = truth.box
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
    return reading.box[0] <= x <= reading.box[2] and reading.box[1] <= y <= reading.box[3]


def normalise(text: str) -> str:
    """Latin capitals and digits only, which every reader knows."""
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())


def fold(text: str) -> str:
    return text.translate(FOLDED)


def exit_code(measure: Callable[[], None]) -> int:
    """Runs a benchmark; 0, or 2 and one line where it cannot measure what it was given."""
    try:
        measure()
    except (BenchmarkError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def load_photos(folder: Path) -> Iterator[Photo]:
    """The labelled photos of a folder, in the order of its labels; raises as :func:`load`."""
    return load(folder, _photo)


def _photo(folder: Path, record: Any) -> Photo:
    plates = [LabelledPlate(plate["text"], tuple(plate["box"])) for plate in record["plates"]]
    return Photo(folder / record["file"], plates)


def load(folder: Path, parse: Callable[[Path, Any], Item]) -> Iterator[Item]:
    """What ``parse`` makes of the folder and each of its labels.

    Raises :class:`BenchmarkError` where there are none, or where ``parse`` does not know a label.
    """
    try:
        lines = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BenchmarkError(f"{folder}: {error.strerror}: {LABELS}") from error
    for number, line in enumerate(lines, 1):
        try:
            item = parse(folder, json.loads(line)) if line else None
        except (ValueError, TypeError, LookupError) as error:
            raise BenchmarkError(f"{folder / LABELS}: line {number} is no label") from error
        if item is not None:
            yield item


def percentile(values: Sequence[float], fraction: float) -> float:
    """The smallest value that at least this fraction of the values does not exceed."""
    return sorted(values)[max(math.ceil(fraction * len(values)) - 1, 0)]
