"""Where a plate is from when no one said: an answer only where its text leaves one."""

from __future__ import annotations

import random

import pytest

from alpr.formats.catalogue import Format, Region, all_regions
from alpr.formats.guess import TELLING, country_of, region_of, with_region
from alpr.formats.notation import Notation
from alpr.plates import Box, Plate, PlateRegion
from benchmarks.naming import countries, misnamed

BOX = Box(0, 0, 100, 20)


def guessed(text: str, confidence: float = 0.999) -> str:
    region = with_region(Plate(text, confidence, BOX)).region
    return region.code if region else ""


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("MH12AB1234", "in"), ("59A123456", "vn"), ("WA03BHX", "gb"), ("E3524PAG", "id"),
        ("207AKA11", "kz"),
    ],
)  # fmt: skip
def test_a_text_that_only_one_country_is_likely_to_have(text: str, country: str) -> None:
    assert guessed(text) == country


@pytest.mark.parametrize(
    "text", ["ABC1234", "AB123CD", "GL54LXT", "1234BCD", "LASTWYF", "", "A" * 300]
)
def test_a_text_that_many_countries_have(text: str) -> None:
    assert guessed(text) == ""


@pytest.mark.parametrize("text", ["A123BC77", "WOBCX770", "K39J62"])
def test_a_country_that_was_not_measured(text: str) -> None:
    assert country_of(text) is not None
    assert guessed(text) == ""


def test_the_score_is_the_share_times_the_confidence() -> None:
    region = with_region(Plate("WA03BHX", 0.96, BOX)).region
    share = country_of("WA03BHX")
    assert region is not None and share is not None
    assert region.score == pytest.approx(0.96 * share.score)
    assert 0.95 <= share.score < 1


def test_a_chosen_text_is_rarer_than_a_series() -> None:
    def region(note: str) -> Region:
        series, other = (Notation("A9"), "A1", ""), (Notation("9A"), "1A", note)
        return Region("xx", "XXX", "X", "", False, (Format(*series), Format(*other)))

    alike, chosen = region(""), region("chosen by the owner")
    assert alike.likelihood("1A") == alike.likelihood("A1")
    assert chosen.likelihood("1A") == pytest.approx(chosen.likelihood("A1") / 5)
    assert chosen.likelihood("1A") + chosen.likelihood("A1") == pytest.approx(1 / 260)


def test_few_plates_of_any_country_are_named_as_anothers() -> None:
    source = random.Random(0)
    assert {code for code in countries() if misnamed(code, 60, source) > 0.1} == set()


def test_a_doubtful_reading_says_nothing() -> None:
    assert guessed("MH12AB1234", 0.9) == ""


def test_what_is_known_stays() -> None:
    plate = Plate("MH12AB1234", 0.999, BOX, region=PlateRegion("fr", 0.5))
    assert with_region(plate) == plate


def test_every_telling_country_is_listed() -> None:
    assert set(TELLING) <= all_regions().keys()


def test_shares_are_of_one_whole() -> None:
    regions = all_regions().values()
    region = region_of("AB123CD", regions)
    assert region is not None
    assert 0 < region.score < 0.5
    assert region_of("ABC1234", [all_regions()["br"]]) == PlateRegion("br", 1.0)
    assert region_of("???", regions) is None
