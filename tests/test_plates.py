"""Boxes and plates: geometry, order and merging, for any values at all."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr.plates import Box, Plate, merge_duplicates, sort_by_confidence
from testkit.engines import make_plate

numbers = st.floats(-1e6, 1e6)
sides = st.integers(1, 20_000)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    return Box(left, top, left + draw(st.integers(1, 120)), top + draw(st.integers(1, 120)))


plates = st.builds(
    Plate,
    st.text("AB1", min_size=1, max_size=2),
    st.sampled_from([0, 0.2, 0.5, 0.5000001, 1]),
    boxes(),
)


@pytest.mark.parametrize("corners", [(5, 0, 5, 9), (0, 5, 9, 5), (6, 0, 5, 9), (0, 9, 9, 0)])
def test_an_empty_box_is_an_error(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="empty box"):
        Box(*corners)


def test_box_measures() -> None:
    box = Box(10, 20, 70, 40)
    assert (box.width, box.height, box.area, box.corners) == (60, 20, 1200, (10, 20, 70, 40))
    assert box.center == (40, 30)
    assert box.shift(5, -20) == Box(15, 0, 75, 20)


def test_expand_is_clipped_to_the_image() -> None:
    box = Box(10, 20, 70, 40)
    assert box.expand(6, 3, width=100, height=100) == Box(4, 17, 76, 43)
    assert box.expand(40, 30, width=100, height=60) == Box(0, 0, 100, 60)


def test_vocabulary_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Box(0, 0, 1, 1).x_min = 5  # type: ignore[misc]  # mypy knows it too
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_plate().text = "OTHER"  # type: ignore[misc]  # mypy knows it too


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (Box(0, 0, 10, 10), Box(0, 0, 10, 10), 1),
        (Box(0, 0, 10, 10), Box(10, 0, 20, 10), 0),
        (Box(0, 0, 10, 10), Box(5, 0, 15, 10), 0.5),
        (Box(0, 0, 10, 10), Box(5, 5, 15, 15), 0.25),
        (Box(0, 0, 100, 100), Box(40, 40, 50, 50), 1),
        (Box(0, 0, 10, 10), Box(20, 20, 30, 30), 0),
    ],
)
def test_overlap_is_over_the_smaller_box(one: Box, other: Box, share: float) -> None:
    assert one.overlap(other) == other.overlap(one) == share


@given(one=boxes(), other=boxes())
def test_overlap_is_a_symmetric_fraction(one: Box, other: Box) -> None:
    assert 0 <= one.overlap(other) == other.overlap(one) <= 1
    assert one.overlap(one) == 1


@given(one=boxes(), other=boxes())
def test_union_and_intersection(one: Box, other: Box) -> None:
    union = one.union(other)
    assert union == other.union(one)
    assert (union.overlap(one), union.overlap(other)) == (1, 1)
    expected = sum(
        one.x_min <= x < one.x_max and other.x_min <= x < other.x_max for x in range(500)
    ) * sum(one.y_min <= y < one.y_max and other.y_min <= y < other.y_max for y in range(500))
    assert one.intersection_area(other) == expected


def test_a_plate_without_a_detection_confidence_has_that_of_its_text() -> None:
    assert Plate("A", 0.9, Box(0, 0, 9, 9), 0.0).box_confidence == 0.0
    assert Plate("A", 0.9, Box(0, 0, 9, 9)).box_confidence == 0.9


@given(numbers, numbers, numbers, numbers, sides, sides)
def test_clamp_makes_any_corners_a_box_inside_the_image(
    x_min: float, y_min: float, x_max: float, y_max: float, width: int, height: int
) -> None:
    box = Box.clamp(x_min, y_min, x_max, y_max, width=width, height=height)
    assert 0 <= box.x_min < box.x_max <= width
    assert 0 <= box.y_min < box.y_max <= height
    assert all(type(side) is int for side in box.corners)
    assert box == Box.clamp(x_max, y_max, x_min, y_min, width=width, height=height)
    assert box == Box.clamp(*box.corners, width=width, height=height)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ((1.4, 1.6, 8.5, 9.4), (1, 2, 8, 9)),
        ((-5, -5, 500, 500), (0, 0, 100, 50)),
        ((30, 30, 30.2, 30.2), (30, 30, 31, 31)),
        ((200, 200, 300, 300), (99, 49, 100, 50)),
        ((-9, -9, -3, -3), (0, 0, 1, 1)),
        ((60, 40, 20, 10), (20, 10, 60, 40)),
    ],
)
def test_clamp_rounds_and_clips(corners: tuple[float, ...], expected: tuple[int, ...]) -> None:
    assert Box.clamp(*corners, width=100, height=50).corners == expected


@given(st.lists(plates, max_size=12), st.randoms(use_true_random=False))
def test_merging_is_idempotent_and_independent_of_order(
    seen: list[Plate], chance: random.Random
) -> None:
    once = merge_duplicates(seen)
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert merge_duplicates(shuffled) == once
    assert merge_duplicates(once) == once
    assert all(p in seen for p in once)
    assert [p.confidence for p in once] == sorted((p.confidence for p in once), reverse=True)
    for i, one in enumerate(once):
        assert not any(_is_view(one.box, other.box) for other in once[i + 1 :])
    assert all(any(_is_view(p.box, kept.box) for kept in once) for p in seen)


def _is_view(one: Box, other: Box) -> bool:
    """Whether two boxes show one plate: they overlap, and none is tiny beside the other."""
    return one.overlap(other) >= 0.5 and max(one.area, other.area) <= 8 * min(one.area, other.area)


def test_a_whole_view_wins_over_a_cut_off_one() -> None:
    whole = Plate("ABC123", 0.9, Box(100, 100, 160, 120))
    cut = Plate("ABC", 0.95, Box(100, 100, 130, 120))
    assert merge_duplicates([cut, whole]) == merge_duplicates([whole, cut]) == [whole]


def test_a_board_does_not_hide_the_plate_before_it() -> None:
    board, plate = Box(100, 100, 1100, 400), Box(500, 300, 720, 360)
    plates = [Plate("08001234", 0.7, board), Plate("AB123", 0.99, plate)]
    assert [one.text for one in merge_duplicates(plates)] == ["AB123", "08001234"]


def test_neighbouring_plates_are_not_merged() -> None:
    above, below = make_plate("ABC1", top=20), make_plate("ABC2", 0.8, top=31)
    assert merge_duplicates([below, above]) == [above, below]


def test_equal_confidences_have_a_fixed_order() -> None:
    left, right = make_plate("B", left=0), make_plate("A", left=100)
    assert sort_by_confidence([right, left]) == sort_by_confidence([left, right]) == [left, right]
    same_place = [make_plate("B"), make_plate("A")]
    assert [p.text for p in sort_by_confidence(same_place)] == ["A", "B"]


def test_a_shifted_plate_keeps_its_other_fields() -> None:
    seen = Plate("ABC123", 0.9, Box(10, 20, 70, 40), 0.8, (0.5, 0.6), {"country": "FR"})
    assert seen.shift(100, 200) == dataclasses.replace(seen, box=Box(110, 220, 170, 240))


def test_views_that_share_half_of_the_smaller_box_are_merged() -> None:
    left, right = (Plate("A", 0.9, Box(x, 0, x + 10, 10)) for x in (0, 5))
    assert len(merge_duplicates([left, right])) == 1
    assert len(merge_duplicates([left, right.shift(1, 0)])) == 2
