"""Rules from settings and requests: every spelling, and what is wrong in words."""

from __future__ import annotations

import time

import pytest

from alpr.errors import RequestError
from alpr.formats.rules import FormatRules, parse_regions


def codes(rules: FormatRules) -> list[str]:
    return [one.code for one in rules.regions]


@pytest.mark.parametrize(
    "text",
    ["br,us-ca", " BR ; us-CA ", '["br", "us-ca"]', "br us-ca", "['br','us-ca']", "br,us-ca,br"],
)
def test_every_spelling_of_a_list(text: str) -> None:
    assert [one.code for one in parse_regions(text)] == ["br", "us-ca"]


@pytest.mark.parametrize("text", ["", ";", "[]"])
def test_a_list_of_none(text: str) -> None:
    assert parse_regions(text) == ()


def test_a_request_comes_before_the_settings() -> None:
    settings = FormatRules.parse("br", False, "", "")
    assert codes(settings.with_request({})) == ["br"]
    assert codes(settings.with_request({"regions": " "})) == ["br"]
    assert codes(settings.with_request({"regions": "gb"})) == ["gb"]
    assert codes(settings.with_request({"regions": ";"})) == []


@pytest.mark.parametrize(
    ("values", "strict"),
    [
        ({}, False),
        ({"regions_strict": "true"}, True),
        ({"regions_strict": "0"}, False),
        ({"config": '{"region": "strict"}'}, True),
        ({"config": '{"region":"Strict","mode":"fast"}'}, True),
        ({"config": '{"mode": "fast"}'}, False),
        ({"config": '{"region": ["strict"]}'}, False),
        ({"config": '{"region": "strict"}', "regions_strict": "false"}, False),
    ],
)
def test_strict_in_both_spellings(values: dict[str, str], strict: bool) -> None:
    assert FormatRules().with_request({"regions": "gb", **values}).strict is strict


def test_strict_needs_formats_of_any_source() -> None:
    strict = {"regions_strict": "true"}
    for regions, pattern in (("gb", ""), ("", "[A-Z]{3}")):
        assert FormatRules.parse(regions, False, pattern, "").with_request(strict).strict
    vendor = {"config": '{"region": "strict"}'}  # Plate Recognizer takes it without regions.
    assert FormatRules().with_request(vendor).strict


def test_a_request_can_end_the_settings_strictness() -> None:
    assert not FormatRules(strict=True).with_request({"regions_strict": "false"}).strict
    assert FormatRules(strict=True).with_request({"regions": "gb"}).strict


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"regions": "br,atlantis"}, "'atlantis'"),
        ({"regions_strict": "perhaps"}, "regions_strict must be true or false, not 'perhaps'"),
        ({"regions_strict": "true"}, "regions_strict needs regions"),
        ({"regions_strict": "1", "regions": ","}, "regions_strict needs regions"),
        ({"config": "fast"}, "config is not a JSON object"),
        ({"config": "[1]"}, "config is not a JSON object"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, str], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        FormatRules().with_request(values)


@pytest.mark.parametrize(
    ("pattern", "substitutions", "words"),
    [("[A", "", "plate_pattern"), ("", "O>0", "'O>0'"), ("", "OO=0", "substitutions")],
)
def test_a_wrong_setting_is_named(pattern: str, substitutions: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        FormatRules.parse("", False, pattern, substitutions)


@pytest.mark.parametrize(
    "pattern",
    [
        "([A-Z]+)+[0-9]",
        "(A|A)*",
        "[A-Z]{2}([0-9]+)+",
        "[A-Z]?(.*.*)*-",
        "(.?){24}X",
        "(A{1,9}){1,9}",
    ],
)
def test_a_pattern_that_tries_all_ways_to_divide_a_text_is_refused(pattern: str) -> None:
    started = time.thread_time()
    with pytest.raises(RequestError, match="plate_pattern takes too long"):
        FormatRules.parse("", False, pattern, "")
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(
    "pattern", ["[A-Z]{1,3}[0-9]{1,4}[A-Z]{0,3}", ".*[0-9].*[0-9].*", "(?:[A-Z]{2}|[0-9]{2})+X?"]
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    assert FormatRules.parse("", False, pattern, "").fits("AB12")


def test_no_pattern_is_matched_with_a_text_longer_than_any_plate() -> None:
    rules = FormatRules.parse("", False, ".*", "")
    assert rules.fits("A" * 12)
    assert not rules.fits("A" * 13)


def test_a_pattern_is_for_whole_texts_and_takes_masked_characters() -> None:
    rules = FormatRules.parse("", False, "[A-Z]{2}[0-9]{2}", "")
    assert rules.fits("AB12")
    assert not rules.fits("AB123")
    assert rules.fits("AB1*")
    assert not rules.fits("*112")


def test_a_pattern_may_be_written_in_either_case() -> None:
    assert FormatRules.parse("", False, "[a-z]{2}[0-9]{2}", "").fits("AB12")
