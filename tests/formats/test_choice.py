"""The choice among candidates: what fits wins where the reader doubts, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr.formats.choice import apply, choose
from alpr.formats.options import CERTAIN_THRESHOLD, LOOK_ALIKES
from alpr.formats.rules import MISFIT_PRIOR, FormatRules, parse_regions
from alpr.plates import Box, Candidate, Plate
from tests.formats.drawn import texts

BOX = Box(0, 0, 100, 20)


def rules(regions: str = "", strict: bool = False, pattern: str = "") -> FormatRules:
    return FormatRules.parse(regions, strict, pattern, "")


def read(text: str, doubt: dict[int, float], *others: tuple[str, float]) -> Plate:
    """A reading whose characters are certain, but for those at the places of ``doubt``."""
    each = tuple(doubt.get(place, 0.999) for place in range(len(text)))
    candidates = (Candidate(text, min(each)), *(Candidate(*one) for one in others))
    return Plate(text, min(each), BOX, 0.9, each, candidates=candidates)


def test_the_candidate_that_fits_wins() -> None:
    plate = read("ABC12O4", {5: 0.6}, ("ABC1204", 0.35))
    chosen, fits = choose(plate, rules("br"))
    assert fits
    assert (chosen.text, chosen.raw) == ("ABC1204", "ABC12O4")
    assert chosen.region is not None
    assert chosen.region.code == "br"
    assert [one.text for one in chosen.candidates][:2] == ["ABC1204", "ABC12O4"]


def test_its_confidence_is_its_share_of_what_is_possible() -> None:
    plate = read("ABC12O4", {5: 0.6}, ("ABC1204", 0.4))
    chosen, _ = choose(plate, rules("br"))
    # 0.4 against 0.6 times the prior of a text that fits nothing; the two are all there is.
    assert chosen.confidence == pytest.approx(0.4 / (0.4 + 0.6 * MISFIT_PRIOR))
    assert chosen.char_confidences[5] == chosen.confidence
    assert chosen.char_confidences[:5] == plate.char_confidences[:5]
    assert chosen.candidates[0].probability == chosen.confidence


def test_what_the_reader_does_not_list_counts_against_the_text() -> None:
    chosen, _ = choose(read("ABC12A4", {5: 0.4}, ("ABC1244", 0.4)), rules("br"))
    assert chosen.text == "ABC1244"
    assert chosen.confidence == pytest.approx(0.4 / (0.4 + 0.4 * MISFIT_PRIOR + 0.2))


def test_look_alikes_need_no_candidate() -> None:
    chosen, _ = choose(read("A8C1234", {1: 0.7}), rules("br"))
    assert chosen.text == "ABC1234"
    chosen, _ = choose(replace(read("A8C1234", {1: 0.7}), candidates=()), rules("br"))
    assert chosen.text == "ABC1234"
    chosen, _ = choose(read("A7C1234", {1: 0.7}), rules("br"))
    assert chosen.text == "A7C1234"


def test_a_longer_candidate_wins_where_a_character_was_overlooked() -> None:
    plate = read("ABC123", {4: 0.5, 5: 0.5}, ("ABC1223", 0.4))
    chosen, _ = choose(plate, rules("br"))
    assert chosen.text == "ABC1223"
    assert len(chosen.char_confidences) == 7


def test_an_excellent_reading_of_no_format_stays() -> None:
    plate = read("MYCAR1", {}, ("MYCARI", 0.001))
    chosen, fits = choose(plate, rules("br"))
    assert (chosen, fits) == (plate, False)


def test_what_the_reader_does_not_list_is_less_likely_than_the_rest() -> None:
    assert choose(read("A8C1234", {1: 0.7}, ("A7C1234", 0.299)), rules("br"))[0].text == "A8C1234"


def test_where_owners_choose_texts_more_of_them_stay() -> None:
    plate = read("NIK0LA", {3: 0.9}, ("NIKOLA", 0.1))
    assert choose(plate, rules(pattern="[A-Z]+"))[0].text == "NIKOLA"
    plate = read("1ABO234", {3: 0.9}, ("1AB0234", 0.1))
    assert choose(plate, rules("us-md"))[0].text == "1ABO234"
    assert choose(plate, rules("br,us-md"))[0].text == "1ABO234"


def test_a_reading_that_fits_stays_as_it_is() -> None:
    plate = read("ABC1234", {3: 0.5}, ("ABC7234", 0.5))
    chosen, _ = choose(plate, rules("br"))
    assert (chosen.text, chosen.raw, chosen.confidence) == ("ABC1234", "", plate.confidence)


def test_without_formats_nothing_changes() -> None:
    plate = read("ABC12O4", {5: 0.6}, ("ABC1204", 0.35))
    assert choose(plate, rules()) == (plate, False)
    assert apply([plate], rules(strict=True)) == ([plate], [])


def test_strict_leaves_out_what_fits_nothing() -> None:
    fitting, other = read("ABC1234", {}), read("EXIT", {})
    kept, left_out = apply([fitting, other], rules("br", strict=True))
    assert [plate.text for plate in kept] == ["ABC1234"]
    assert left_out == [other]
    assert len(apply([fitting, other], rules("br"))[0]) == 2


def test_a_pattern_has_the_same_effect() -> None:
    chosen, fits = choose(read("X0", {1: 0.6}, ("XO", 0.3)), rules(pattern="[A-Z]{2}"))
    assert fits
    assert (chosen.text, chosen.region) == ("XO", None)


def test_substitutions_always_replace() -> None:
    plate = read("AO1", {1: 0.7}, ("A01", 0.2), ("AQ1", 0.1))
    chosen, _ = choose(plate, FormatRules.parse("", False, "", "O=0"))
    assert (chosen.text, chosen.raw) == ("A01", "AO1")
    assert [one.text for one in chosen.candidates] == ["A01", "AQ1"]
    assert chosen.candidates[0].probability == pytest.approx(0.7 + 0.2)


def test_a_masked_character_is_any() -> None:
    chosen, fits = choose(Plate("ABC12O*", 0.6, BOX), rules("br"))
    assert fits
    assert chosen.text == "ABC120*"


def test_the_likelier_region_and_a_country_for_many() -> None:
    def region(text: str, codes: str) -> str:
        found = choose(read(text, {}), rules(codes))[0].region
        return found.code if found else ""

    assert region("AB12CDE", "gb,de") == "gb"
    assert region("AB1C2D", "us") == "us-mo"
    assert region("ABC1234", "us") == "us"
    assert region("ABC1234", "us-ny") == "us-ny"


REGIONS = ("br", "gb", "us", "de", "nl", "es", "pl", "ru", "in", "vn")
CONFIDENCES = st.sampled_from([0.3, 0.9, 0.979, CERTAIN_THRESHOLD, 0.99, 1.0])


@st.composite
def misread(draw: st.DrawFn) -> tuple[Plate, str]:
    """A plate of a region, some characters of which were read as look-alikes, and the region.

    What is printed is among the candidates, where the reader is as certain of the look-alikes as
    it may be of any character.
    """
    code = draw(st.sampled_from(REGIONS))
    formats = [one for region in parse_regions(code) for one in region.formats]
    printed = draw(texts(draw(st.sampled_from(formats)).notation.parts))
    text = "".join(draw(st.sampled_from(char + LOOK_ALIKES.get(char, ""))) for char in printed)
    each = tuple(draw(CONFIDENCES) for _ in text)
    others = [printed, printed[1:], printed + draw(st.sampled_from("AB1"))]
    candidates = [Candidate(text, 0.4), *(Candidate(one, 0.3) for one in others)]
    listed = tuple(draw(st.lists(st.sampled_from(candidates), unique=True, max_size=4)))
    return Plate(text, min(each), BOX, 0.9, each, candidates=listed), code


@given(misread(), st.booleans())
def test_a_certain_character_is_never_changed(read: tuple[Plate, str], strict: bool) -> None:
    plate, code = read
    each = plate.char_confidences
    chosen, _ = choose(plate, FormatRules(parse_regions(code), strict))
    if len(chosen.text) == len(plate.text):
        pairs = zip(plate.text, chosen.text, each, strict=True)
        assert all(one == new or confidence < CERTAIN_THRESHOLD for one, new, confidence in pairs)
    certain = [char for char, one in zip(plate.text, each, strict=True) if one >= CERTAIN_THRESHOLD]
    assert is_subsequence("".join(certain), chosen.text)
    assert 0 <= chosen.confidence <= 1
    assert len(chosen.char_confidences) in (0, len(chosen.text))


def is_subsequence(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(char in rest for char in part)
