"""What it is worth to say where plates are from: ``python -m benchmarks.regions FOLDER[=CODES]…``.

Each photo is read once. Its plates' texts are then chosen without any region, with the right one,
with the right one strictly, and with each of a few wrong ones. A folder's labels are as
:mod:`benchmarks.accuracy` describes them, with a ``country`` (``BR``) a photo, or else the regions
named after the folder hold for all of them. Crops are labelled by one ``plate`` (a box) and its
``text``. Plates without a text, a country or listed formats are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from alpr import images
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.errors import RequestError
from alpr.formats import choice, guess
from alpr.formats.catalogue import all_regions
from alpr.formats.rules import FormatRules, parse_regions
from alpr.plates import Plate
from benchmarks.contenders import SETTINGS, read_image
from benchmarks.scoring import (
    BenchmarkError,
    LabelledPlate,
    Photo,
    Reading,
    contains_center,
    exit_code,
    fold,
    load,
    normalise,
)

WRONG = ("br", "de", "gb", "in", "us")
"""Regions that are tried where they are wrong."""
WAYS = ("none", "right", "strict", "wrong")


class Case(NamedTuple):
    """A labelled plate on a photo, and the codes of the regions that it may be of."""

    path: Path
    plate: LabelledPlate
    codes: str


@dataclass
class Counts:
    """Plates, and for each way how many were read, strictly and folded (O and Q as 0, I as 1)."""

    plates: int = 0
    read: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    folded: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    guessed: int = 0
    guessed_right: int = 0

    def add(self, case: Case, plates: Sequence[Plate]) -> None:
        self.plates += 1
        right, strict = ([rules(case.codes, is_strict)] for is_strict in (False, True))
        wrong = [rules(code) for code in WRONG if code not in case.codes.split(",")]
        tried = {"none": [FormatRules()], "right": right, "strict": strict, "wrong": wrong}
        expected = normalise(case.plate.text or "")
        for way, tries in tried.items():
            for one in tries:
                texts = [normalise(plate.text) for plate in choice.apply(plates, one)[0]]
                self.read[way] += (expected in texts) / len(tries)
                self.folded[way] += (fold(expected) in map(fold, texts)) / len(tries)
        for plate in map(guess.with_region, plates):
            if plate.region:
                self.guessed += 1
                self.guessed_right += plate.region.code in case.codes.split(",")


def rules(codes: str, is_strict: bool = False) -> FormatRules:
    return FormatRules(parse_regions(codes), is_strict)


def all_cases(arguments: Sequence[str], split: str) -> list[Case]:
    """The labelled plates of folders, each given as ``FOLDER`` or ``FOLDER=CODES``.

    Raises :class:`BenchmarkError` for a folder without any.
    """
    found: list[Case] = []
    for folder, _, codes in (argument.partition("=") for argument in arguments):
        more = list(cases(Path(folder), codes, split))
        if not more:
            raise BenchmarkError(f"{folder}: no plate with a text and a country; add =CODES")
        found += more
    return found


def cases(folder: Path, codes: str, split: str) -> Iterator[Case]:
    """The labelled plates of a folder; with a ``split``, only those of that part."""
    for part, country, photo in load(folder, _label):
        known = (country or codes).lower()
        if (split and part != split) or not set(known.split(",")) <= all_regions().keys():
            continue
        yield from (Case(photo.path, plate, known) for plate in photo.plates if plate.text)


def _label(folder: Path, record: Mapping[str, Any]) -> tuple[str, str, Photo]:
    """The split and the country, or empty texts, and the photo."""
    photo = Photo(folder / record["file"], labelled(record))
    return record.get("split") or "", str(record.get("country") or ""), photo


def labelled(record: Mapping[str, Any]) -> list[LabelledPlate]:
    if "plates" not in record:
        return [LabelledPlate(record["text"], tuple(record["plate"]))]
    return [LabelledPlate(one["text"], tuple(one["box"])) for one in record["plates"]]


def read(engine: Engine, case: Case, width: int = 0) -> list[Plate]:
    """What was read where the plate is, on a photo shrunk until the plate has this width."""
    try:
        image = images.decode(case.path.read_bytes(), SETTINGS.image_limits)
    except RequestError:  # e.g. a crop too small for the service
        return []
    plate = case.plate
    if width and (scale := width / (plate.box[2] - plate.box[0])) < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)))
        left, top, right, bottom = (side * scale for side in plate.box)
        plate = LabelledPlate(plate.text, (left, top, right, bottom))
    return [
        one
        for one in read_image(engine, image)
        if contains_center(Reading(one.text, one.box.corners), plate)
    ]


def table(counts: Mapping[str, Counts]) -> str:
    """A Markdown table: one row a country, and one for all."""
    ways = "none | right | right, strict | wrong"
    rows = [
        f"| | plates | read: {ways} | folded: {ways} | named without regions, rightly |",
        "|---" * 11 + "|",
    ]
    for name, one in counts.items():
        shares = [part[way] / one.plates for part in (one.read, one.folded) for way in WAYS]
        figures = [f"{share:.3f}" for share in shares]
        cells = [name, str(one.plates), *figures, f"{one.guessed}, {one.guessed_right}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def measure(engine: Engine, found: Sequence[Case], width: int = 0) -> dict[str, Counts]:
    counts: defaultdict[str, Counts] = defaultdict(Counts)
    for case in found:
        plates = read(engine, case, width)
        for name in (case.codes, "all"):
            counts[name].add(case, plates)
    return dict(sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[=CODES]")
    parser.add_argument("--split", default="", help="only this part of labels that name parts")
    parser.add_argument("--width", type=int, default=0, help="plates shrunk to it, in pixels")
    options = parser.parse_args()
    found = all_cases(options.folders, options.split)
    images.prepare(SETTINGS.image_limits)
    engine = open_engine(SETTINGS)
    try:
        print(table(measure(engine, found, options.width)))
    finally:
        engine.close()


if __name__ == "__main__":
    sys.exit(exit_code(main))
