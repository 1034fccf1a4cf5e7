"""Where a plate is from, by its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from alpr.formats.catalogue import Region, all_regions, within
from alpr.formats.notation import compact
from alpr.plates import Plate, PlateRegion

MIN_CONFIDENCE = 0.95
"""Minimum confidence of a text that is to say where its plate is from."""

TELLING = ("in", "kz", "vn")
"""Countries with formats that no other one has, and for which that was measured (docs/regions.md).
Of other countries there are too few labelled photos to know."""

SUBDIVISION_THRESHOLD = 0.9
"""Minimum share of a subdivision; below it, its country is answered."""


def with_region(plate: Plate) -> Plate:
    """The plate with its region, where it has none yet and its text leaves only one."""
    if plate.region is not None or plate.confidence < MIN_CONFIDENCE:
        return plate
    text = compact(plate.text)
    if not any(all_regions()[code].fits(text) for code in TELLING):
        return plate
    countries = {one.country for one in all_regions().values() if one.fits(text)}
    if len(countries) > 1:
        return plate
    return replace(plate, region=PlateRegion(countries.pop(), plate.confidence))


def region_of(text: str, regions: Iterable[Region]) -> PlateRegion | None:
    """The likeliest of these regions, with its share among them; None if the text fits none.

    Countries are taken to be equally likely, and so are a country's subdivisions. Where
    subdivisions share a format the answer is their country.
    """
    fitting = [one for one in regions if one.fits(text)]
    if not fitting:
        return None
    likely = {one.code: one.likelihood(text) * _prior(one.country) for one in fitting}
    total = sum(likely.values())
    countries: dict[str, float] = defaultdict(float)
    for one in fitting:
        countries[one.country] += likely[one.code] / total
    best = max(likely, key=likely.__getitem__)
    if likely[best] / total >= SUBDIVISION_THRESHOLD:
        return PlateRegion(best, likely[best] / total)
    country = max(countries, key=countries.__getitem__)
    return PlateRegion(country, countries[country])


@cache
def _prior(country: str) -> float:
    """The prior of each of a country's regions that have formats; the country's own is 1."""
    return 1 / max(1, sum(bool(one.formats) for one in within(country)))
