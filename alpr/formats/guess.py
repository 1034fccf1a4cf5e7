"""Where a plate is from, by its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from alpr.formats.catalogue import Region, all_regions, formats_of, within
from alpr.formats.notation import DIGITS, LETTERS, compact
from alpr.formats.rules import VANITY_MISFIT_PRIOR
from alpr.plates import Plate, PlateRegion

MIN_CONFIDENCE = 0.95
"""Minimum confidence of a text that is to say where its plate is from."""

MIN_SHARE = 0.95
"""Minimum probability of a country among all, if each has equally many plates."""

TELLING = ("gb", "id", "in", "kz", "vn")
"""Countries that are named: at least 20 labelled plates were, and 95 % or more of them rightly
(docs/regions.md). Of the others there are too few labelled photos to know, or too many errors.
China would be one, but its plates are read without their first sign, so not as a whole."""

MAX_VANITY_LENGTH = 8

SUBDIVISION_THRESHOLD = 0.9
"""Minimum share of a subdivision; below it, its country is answered."""


def with_region(plate: Plate) -> Plate:
    """The plate with its region, where it has none yet and its text leaves only one."""
    if plate.region is not None or plate.confidence < MIN_CONFIDENCE:
        return plate
    region = country_of(compact(plate.text))
    if region is None or region.code not in TELLING:
        return plate
    return replace(plate, region=region._replace(score=region.score * plate.confidence))


def country_of(text: str) -> PlateRegion | None:
    """The country that a text leaves, with its share among all; None if it leaves several."""
    likely: dict[str, float] = defaultdict(float)
    for region, notation, probability in formats_of(len(text)):
        if notation.fits(text):
            likely[region.country] += probability * _prior(region.country)
    if not likely:
        return None
    best = max(likely, key=likely.__getitem__)
    share = likely[best] / (sum(likely.values()) + _vanity_likelihood(text))
    return PlateRegion(best, share) if share >= MIN_SHARE else None


def _vanity_likelihood(text: str) -> float:
    """The probability of a text as one that an owner chose, on the scale of the countries' sum.

    Every length up to the longest is taken to be as frequent as the others, and every text as the
    others of its length.
    """
    countries = sum(one.has_vanity and one.code == one.country for one in all_regions().values())
    texts = float(len(LETTERS + DIGITS)) ** len(text)
    return countries * VANITY_MISFIT_PRIOR / MAX_VANITY_LENGTH / texts


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
