"""The regions and their plate formats, from ``regions.txt``, which says what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from alpr.errors import RequestError
from alpr.formats.notation import LETTERS, Notation

FILE = Path(__file__).with_name("regions.txt")


CHOSEN_FREQUENCY = 0.2
"""How frequent plates are whose text the owner chose, compared with another format's."""


class Format(NamedTuple):
    """One series of plates: its notation, an example, and which plates have it."""

    notation: Notation
    example: str
    note: str

    @property
    def frequency(self) -> float:
        return CHOSEN_FREQUENCY if "chosen" in self.note else 1


@dataclass(frozen=True, slots=True)
class Region:
    """A country or a subdivision of one.

    ``code`` is of ISO 3166 in lower case, ``alpha3`` the country's three letters in capitals, empty
    for a subdivision. A country that only its subdivisions have formats for has none of its own.
    ``source`` is what the formats were compared with, or if not ``is_compared``, where to check
    them. ``has_vanity`` says that many plates of the country are of none of the formats.
    """

    code: str
    alpha3: str
    name: str
    source: str
    is_compared: bool
    formats: tuple[Format, ...]
    has_vanity: bool = False

    @property
    def country(self) -> str:
        return self.code.partition("-")[0]

    def fits(self, text: str) -> bool:
        """Whether a text of capitals, digits and wildcards is of one of the formats."""
        return any(one.notation.fits(text) for one in self.formats)

    def likelihood(self, text: str) -> float:
        """The probability that a random plate of this region has this text.

        Every format is taken to be as frequent as the others of the region, but for
        :data:`CHOSEN_FREQUENCY`; every length as the other lengths of a format, and every text as
        the others of its length.
        """
        fitting = (one for one in self.formats if one.notation.fits(text))
        return sum(self.probability(one, len(text)) for one in fitting)

    def probability(self, one: Format, length: int) -> float:
        """The probability of each text of a format that has this length; see `likelihood`."""
        total = sum(other.frequency for other in self.formats)
        counts = one.notation.counts
        return one.frequency / (total * len(counts) * counts[length])


@cache
def all_regions() -> Mapping[str, Region]:
    """Every region by its code, in the order of the codes."""
    blocks = re.split(r"\n\n+(?=\S)", FILE.read_text(encoding="utf-8").rstrip())
    regions = [_region(block.splitlines()) for block in blocks if not block.startswith("#")]
    regions.sort(key=lambda one: one.code)
    vanity = {one.code for one in regions if one.has_vanity}
    return {one.code: replace(one, has_vanity=one.country in vanity) for one in regions}


def _region(lines: list[str]) -> Region:
    code, *alpha3, name = _columns(lines[0])
    rows = [_columns(line) for line in lines[1:]]
    facts = {row[0]: row[1] for row in rows if row[0].islower()}
    letters = facts.get("letters", LETTERS)
    formats = tuple(
        Format(Notation(row[0], letters), row[1], "".join(row[2:]))
        for row in rows
        if row[0] not in facts
    )
    source = facts.get("source", "") or facts["check"]
    is_compared, has_vanity = "source" in facts, "vanity" in facts
    return Region(code, "".join(alpha3), name, source, is_compared, formats, has_vanity)


def _columns(line: str) -> list[str]:
    return [column for column in re.split("  +", line) if column]


@lru_cache(maxsize=32)
def formats_of(length: int) -> tuple[tuple[Region, Notation, float], ...]:
    """Every format that has texts of this length, with its region and each text's probability."""
    return tuple(
        (region, one.notation, region.probability(one, length))
        for region in all_regions().values()
        for one in region.formats
        if length in one.notation.counts
    )


def within(code: str) -> tuple[Region, ...]:
    """The region of a code, and the subdivisions of a country."""
    return tuple(one for one in all_regions().values() if code in (one.code, one.country))


def select(codes: Iterable[str]) -> tuple[Region, ...]:
    """The regions of these codes, each once; a country stands for its subdivisions as well.

    Raises :class:`RequestError` that names an unknown code.
    """
    chosen: dict[str, Region] = {}
    for code in dict.fromkeys(code.lower() for code in codes):
        found = within(code)
        if not found:
            raise RequestError(
                f"regions names {code[:40]!r}, which is none; GET /v1/regions lists them"
            )
        chosen |= {region.code: region for region in found}
    return tuple(chosen.values())


@cache
def codes_by_alpha3() -> Mapping[str, str]:
    """The codes of the countries by their three letters, e.g. ``de`` by ``DEU``."""
    return {one.alpha3: one.code for one in all_regions().values() if one.alpha3}
