#!/usr/bin/env python3
"""The calibration of the embedded engine's confidence: how often readings are right.

::

    .venv-bench/bin/python -m benchmarks.reliability FOLDER… --plot docs/images/reliability.svg

Reads the labelled photos of some folders (see :mod:`benchmarks.accuracy`). For each range of
confidence it prints the mean confidence and the fraction of plates that were read right, folded.
Plates that were not found do not count.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from alpr import images
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.grid import Grid
from alpr.recognition import recognise
from alpr.settings import Settings
from benchmarks import sets
from benchmarks.contenders import OURS
from benchmarks.scoring import Reading, contains_center, exit_code, fold, load_photos, normalise

EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
WHOLE = Grid.parse("0", "")


class Outcome(NamedTuple):
    """The confidence of a plate, and whether its text was right."""

    confidence: float
    right: bool


class Range(NamedTuple):
    """Plates with a confidence in [``low``, ``high``): mean confidence and fraction right."""

    low: float
    high: float
    plates: int
    confidence: float
    right: float


def outcomes(engine: Engine, folder: Path, settings: Settings) -> Iterator[Outcome]:
    """The best reading of each labelled plate that was found."""
    for photo in load_photos(folder):
        image = images.decode(photo.path.read_bytes(), settings.image_limits)
        plates = recognise(engine, image, WHOLE).plates
        for truth in photo.plates:
            near = [one for one in plates if contains_center(Reading("", one.box.corners), truth)]
            if near and truth.text:
                best = max(near, key=lambda one: one.confidence)
                right = fold(normalise(best.text)) == fold(normalise(truth.text))
                yield Outcome(best.confidence, right)


def ranges(outcomes: Sequence[Outcome]) -> list[Range]:
    """The ranges that have plates, in ascending order; the last one includes 1."""
    rows = []
    for low, high in pairwise(EDGES):
        last = high == EDGES[-1]
        inside = [
            one
            for one in outcomes
            if low <= one.confidence < high or (last and one.confidence == high)
        ]
        if inside:
            confidence = statistics.mean(one.confidence for one in inside)
            right = statistics.mean(one.right for one in inside)
            rows.append(Range(low, high, len(inside), confidence, right))
    return rows


def plot(rows: Sequence[Range], path: Path) -> None:
    """Fraction right over mean confidence, and their diagonal; a dot's area shows its plates."""
    from benchmarks.plots import COLOURS, TEXT, figure  # noqa: PLC0415 - needs matplotlib

    with figure(path) as axes:
        axes.plot([0, 1], [0, 1], color=TEXT, linewidth=1, linestyle="--")
        confidence, right = [row.confidence for row in rows], [row.right for row in rows]
        axes.plot(confidence, right, color=COLOURS[OURS], linewidth=1.5)
        axes.scatter(confidence, right, [20 + 2 * row.plates for row in rows], color=COLOURS[OURS])
        axes.set(xlim=(0, 1.03), ylim=(0, 1.03))
        axes.set_xlabel("confidence of the plates, on average")
        axes.set_ylabel("part of them read right")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder")
    parser.add_argument("--plot", type=Path, help="SVG file for the plot")
    options = parser.parse_args(arguments)
    settings = Settings(engine="embedded")
    images.prepare(settings.image_limits)
    engine = open_engine(settings)
    folders = sets.find_sets(options.folders)
    rows = ranges([one for folder in folders for one in outcomes(engine, folder, settings)])
    print("| confidence | plates | on average | read right |\n|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.low} to {row.high} | {row.plates} | {row.confidence:.3f} | {row.right:.3f} |"
        )
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    sys.exit(exit_code(main))
