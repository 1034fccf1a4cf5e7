"""Where a plate is from when no one said: an answer only where its text leaves one."""

from __future__ import annotations

from alpr.formats.catalogue import all_regions
from alpr.formats.guess import TELLING, region_of, with_region
from alpr.plates import Box, Plate, PlateRegion

BOX = Box(0, 0, 100, 20)


def guessed(text: str, confidence: float = 0.999) -> str:
    region = with_region(Plate(text, confidence, BOX)).region
    return region.code if region else ""


def test_a_text_that_only_one_country_has() -> None:
    assert guessed("MH12AB1234") == "in"
    assert guessed("59A123456") == "vn"


def test_a_text_that_many_countries_have() -> None:
    assert guessed("ABC1234") == ""
    assert guessed("123ABC01") == ""  # Kazakhstan's, and an older one of France


def test_a_country_that_was_not_measured() -> None:
    assert guessed("A123BC77") == ""
    assert guessed("MYCAR") == ""


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
