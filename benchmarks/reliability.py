#!/usr/bin/env python3
"""Whether the embedded engine's confidence means what it says.

::

    .venv-bench/bin/python -m benchmarks.reliability FOLDER… --plot docs/images/reliability.svg

Reads the labelled photos of some folders (see :mod:`benchmarks.accuracy`), and tells of the plates
in each range of confidence how sure the engine was on average, and how many it read right. Texts
are folded. A plate that was not found counts nowhere here.
"""

from __future__ import annotations

import argparse
import statistics
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
from benchmarks.accuracy import Reading, fold, holds_centre, photos, plain
from benchmarks.contenders import OURS

EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
WHOLE = Grid.parse("0", "")


class Outcome(NamedTuple):
    """A plate's confidence, and whether its text was right."""

    confidence: float
    right: bool


class Range(NamedTuple):
    """Plates whose confidence lies from ``low`` on and below ``high``."""

    low: float
    high: float
    plates: int
    said: float
    right: float


def outcomes(engine: Engine, folder: Path, settings: Settings) -> Iterator[Outcome]:
    """One for each labelled plate that was found, its surest reading."""
    for photo in photos(folder):
        image = images.decode(photo.path.read_bytes(), settings.image_limits)
        found = recognise(engine, image, WHOLE).plates
        for truth in photo.plates:
            near = [one for one in found if holds_centre(Reading("", one.box.corners), truth)]
            if near and truth.text:
                best = max(near, key=lambda one: one.confidence)
                right = fold(plain(best.text)) == fold(plain(truth.text))
                yield Outcome(best.confidence, right)


def ranges(every: Sequence[Outcome]) -> list[Range]:
    """The ranges with plates in them, the least sure first; the last takes in 1."""
    rows = []
    for low, high in pairwise(EDGES):
        last = high == EDGES[-1]
        inside = [one for one in every if low <= one.confidence < high or (last and one[0] == high)]
        if inside:
            said = statistics.mean(one.confidence for one in inside)
            right = statistics.mean(one.right for one in inside)
            rows.append(Range(low, high, len(inside), said, right))
    return rows


def plot(rows: Sequence[Range], path: Path) -> None:
    """Right over said, with the line on which both are the same; a dot's area is its plates."""
    from benchmarks.plots import COLOURS, TEXT, figure  # noqa: PLC0415 - needs matplotlib

    with figure(path) as axes:
        axes.plot([0, 1], [0, 1], color=TEXT, linewidth=1, linestyle="--")
        said, right = [row.said for row in rows], [row.right for row in rows]
        axes.plot(said, right, color=COLOURS[OURS], linewidth=1.5)
        axes.scatter(said, right, [20 + 2 * row.plates for row in rows], color=COLOURS[OURS])
        axes.set(xlim=(0, 1.03), ylim=(0, 1.03))
        axes.set_xlabel("confidence of the plates, on average")
        axes.set_ylabel("part of them read right")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw it into")
    options = parser.parse_args(arguments)
    settings = Settings(engine="embedded")
    images.prepare(settings.image_limits)
    engine = open_engine(settings)
    folders = sets.folders(options.folders)
    rows = ranges([one for folder in folders for one in outcomes(engine, folder, settings)])
    print("| confidence | plates | on average | read right |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.low} to {row.high} | {row.plates} | {row.said:.3f} | {row.right:.3f} |")
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
