"""Which countries a text names rightly: ``python -m benchmarks.naming FOLDER[=CODES]…``.

Each labelled plate that is read with enough confidence is named by
:func:`alpr.formats.guess.country_of`, for every country and not only those that the service names.
A country may be named where at least 20 plates were, and 95 % of them rightly. Folders and labels
are those of :mod:`benchmarks.regions`. Then plates are drawn from the formats of every country, to
say how many of those are named as another one.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt

from alpr import images
from alpr.engines import open_engine
from alpr.formats.catalogue import all_regions, within
from alpr.formats.guess import MIN_CONFIDENCE, TELLING, country_of
from alpr.formats.notation import Chars, Part, Words, compact
from alpr.plates import Plate
from benchmarks.contenders import SETTINGS
from benchmarks.regions import Case, all_cases, read
from benchmarks.scoring import exit_code

ONE_SIDED_95 = 1.645
"""The quantile of the normal distribution for a bound that holds with 95 %."""


def named(text: str, confidence: float = 1) -> str:
    """The country that a text names, of all of them; empty for none."""
    region = country_of(compact(text)) if confidence >= MIN_CONFIDENCE else None
    return region.code if region else ""


def counted(readings: Iterable[tuple[Case, Sequence[Plate]]]) -> tuple[Counter[str], Counter[str]]:
    """How often each country was named, and how often rightly."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case, plates in readings:
        countries = {code.partition("-")[0] for code in case.codes.split(",")}
        for plate in plates:
            if code := named(plate.text, plate.confidence):
                total[code] += 1
                right[code] += code in countries
    return total, right


def lower_bound(right: int, total: int) -> float:
    """Wilson's: the share is at least this, with 95 %."""
    z, share = ONE_SIDED_95, right / total
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - half) / (1 + z * z / total)


def draw(parts: Iterable[Part], source: random.Random) -> str:
    """A random text of a notation's parts."""
    text = ""
    for part in parts:
        if isinstance(part, Chars):
            text += source.choice(part.chars)
        elif isinstance(part, Words):
            text += source.choice(part.words)
        elif source.random() < 0.5:
            text += draw(part.parts, source)
    return text


def misnamed(country: str, count: int, source: random.Random) -> float:
    """The share of plates drawn from a country's formats that the service names as another's."""
    regions = [region for region in within(country) if region.formats]
    wrong = 0
    for _ in range(count):
        formats = source.choice(regions).formats
        (one,) = source.choices(formats, [one.frequency for one in formats])
        wrong += named(draw(one.notation.parts, source)) in set(TELLING) - {country}
    return wrong / count


def countries() -> list[str]:
    return sorted({region.country for region in all_regions().values()})


def table(total: Counter[str], right: Counter[str]) -> str:
    rows = ["| named | plates | rightly | at least | answered |", "|---|---|---|---|---|"]
    for code, count in sorted(total.items()):
        bound = lower_bound(right[code], count)
        answered = "yes" if code in TELLING else "no"
        rows.append(f"| {code} | {count} | {right[code]} | {bound:.3f} | {answered} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[=CODES]")
    parser.add_argument("--split", default="", help="only this part of labels that name parts")
    parser.add_argument("--drawn", type=int, default=2000, help="plates drawn a country")
    options = parser.parse_args()
    found = all_cases(options.folders, options.split)
    images.prepare(SETTINGS.image_limits)
    engine = open_engine(SETTINGS)
    try:
        print(table(*counted((case, read(engine, case)) for case in found)))
    finally:
        engine.close()
    source = random.Random(0)  # noqa: S311
    shares = {code: misnamed(code, options.drawn, source) for code in countries()}
    worst = sorted(shares, key=lambda code: -shares[code])[:5]
    print("\nDrawn plates that are named as another country's, at most:")
    print(", ".join(f"{code} {shares[code]:.2%}" for code in worst))


if __name__ == "__main__":
    sys.exit(exit_code(main))
