"""The notation: what it takes, how many texts it has, and what is none."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr.formats.notation import Notation, compact
from tests.formats.drawn import texts

ABC = "ABC"


@pytest.mark.parametrize(
    ("notation", "fitting", "other"),
    [
        ("AA-99", ["AB12", "CC00"], ["AD12", "AB1", "AB123", "A112", "ab12", ""]),
        ("A9(9)(9)", ["A1", "A12", "A123"], ["A", "A1234", "AA1"]),
        ("(A(B))", ["", "A"], ["B"]),
        ("[A-CX0] 9", ["A1", "X1", "01"], ["D1", "11"]),
        ("<NA S> 99", ["NA12", "S12"], ["N12", "A12", "NAS12"]),
        ("X/X", ["A1", "1A", "11", "CC"], ["D1", "A"]),
    ],
)
def test_what_a_notation_takes(notation: str, fitting: list[str], other: list[str]) -> None:
    if "B)" in notation:
        with pytest.raises(ValueError, match="'B' is no notation"):
            Notation(notation, ABC).fits("A")
        return
    one = Notation(notation, ABC)
    assert [text for text in fitting if not one.fits(text)] == []
    assert [text for text in other if one.fits(text)] == []


@pytest.mark.parametrize("notation", ["a", "A{2}", "A(9", "A9)", "[", "<NA", "é"])
def test_what_is_no_notation(notation: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(notation))):
        Notation(notation).fits("A")


def test_the_counts_are_those_of_all_texts() -> None:
    notation = Notation("(<AB C>)9([XY]9)", ABC)
    alphabet = [*"0123456789ABCXY"]
    for length in range(6):
        fitting = sum(notation.fits("".join(one)) for one in product(alphabet, repeat=length))
        assert notation.counts.get(length, 0) == fitting


def test_a_masked_character_is_any() -> None:
    notation = Notation("<NA S> 99")
    assert notation.fits("NA1*")
    assert notation.fits("*A1*")
    assert not notation.fits("*B12")
    assert not notation.fits("NA*")


parts_of = st.recursive(
    st.sampled_from(["A", "9", "X", "[BD-F]", "<NA S>", "-"]),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(lambda one: f"({''.join(one)})"),
    max_leaves=8,
)


@given(st.data(), st.lists(parts_of, max_size=6).map("".join))
def test_every_text_of_a_notation_fits_it(data: st.DataObject, notation: str) -> None:
    one = Notation(notation, ABC)
    assert one.fits(data.draw(texts(one.parts)))


def test_compact_leaves_letters_digits_and_masks() -> None:
    assert compact("ab-12 3*·") == "AB123*"
