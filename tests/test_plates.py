"""Boxes and plates: geometry, order and merging, for any values at all."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr.plates import Box, Plate, box_inside, grown, merged, ranked
from testkit.helpers import plate

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
def test_empty_boxes_cannot_be_made(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="empty box"):
        Box(*corners)


def test_a_boxs_measures() -> None:
    box = Box(10, 20, 70, 40)
    assert (box.width, box.height, box.area, box.corners) == (60, 20, 1200, (10, 20, 70, 40))
    assert box.moved(5, -20) == Box(15, 0, 75, 20)


def test_a_box_grows_on_all_sides_but_not_beyond_the_image() -> None:
    box = Box(10, 20, 70, 40)
    assert grown(box, 6, 3, width=100, height=100) == Box(4, 17, 76, 43)
    assert grown(box, 40, 30, width=100, height=60) == Box(0, 0, 100, 60)


def test_vocabulary_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Box(0, 0, 1, 1).x_min = 5  # type: ignore[misc]  # mypy knows it too
    with pytest.raises(dataclasses.FrozenInstanceError):
        plate().text = "OTHER"  # type: ignore[misc]  # mypy knows it too


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
def test_overlap(one: Box, other: Box, share: float) -> None:
    assert one.overlap(other) == other.overlap(one) == share


@given(one=boxes(), other=boxes())
def test_overlap_is_a_fraction_and_goes_both_ways(one: Box, other: Box) -> None:
    assert 0 <= one.overlap(other) == other.overlap(one) <= 1
    assert one.overlap(one) == 1


@given(numbers, numbers, numbers, numbers, sides, sides)
def test_any_corners_become_a_box_inside(
    x_min: float, y_min: float, x_max: float, y_max: float, width: int, height: int
) -> None:
    box = box_inside(x_min, y_min, x_max, y_max, width=width, height=height)
    assert 0 <= box.x_min < box.x_max <= width
    assert 0 <= box.y_min < box.y_max <= height
    assert all(type(side) is int for side in box.corners)
    assert box == box_inside(x_max, y_max, x_min, y_min, width=width, height=height)
    assert box == box_inside(*box.corners, width=width, height=height)


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
def test_corners(corners: tuple[float, ...], expected: tuple[int, ...]) -> None:
    assert box_inside(*corners, width=100, height=50).corners == expected


@given(st.lists(plates, max_size=12), st.randoms(use_true_random=False))
def test_merging_knows_no_order_and_changes_nothing_twice(
    seen: list[Plate], chance: random.Random
) -> None:
    once = merged(seen)
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert merged(shuffled) == once
    assert merged(once) == once
    assert all(p in seen for p in once)
    assert [p.confidence for p in once] == sorted((p.confidence for p in once), reverse=True)
    for i, one in enumerate(once):
        assert all(one.box.overlap(other.box) < 0.5 for other in once[i + 1 :])
    assert all(any(p.box.overlap(kept.box) >= 0.5 for kept in once) for p in seen)


def test_of_a_whole_view_and_a_cut_one_the_whole_stays() -> None:
    whole = Plate("ABC123", 0.9, Box(100, 100, 160, 120))
    cut = Plate("ABC", 0.95, Box(100, 100, 130, 120))
    assert merged([cut, whole]) == merged([whole, cut]) == [whole]


def test_neighbours_stay_apart() -> None:
    above, below = plate("ABC1", top=20), plate("ABC2", 0.8, top=31)
    assert merged([below, above]) == [above, below]


def test_equals_come_in_one_order_always() -> None:
    left, right = plate("B", left=0), plate("A", left=100)
    assert ranked([right, left]) == ranked([left, right]) == [left, right]
    same_place = [plate("B"), plate("A")]
    assert [p.text for p in ranked(same_place)] == ["A", "B"]


def test_a_moved_plate_keeps_all_it_knows() -> None:
    seen = Plate("ABC123", 0.9, Box(10, 20, 70, 40), 0.8, (0.5, 0.6), {"country": "FR"})
    assert seen.moved(100, 200) == dataclasses.replace(seen, box=Box(110, 220, 170, 240))


def test_half_of_the_smaller_box_makes_two_views_one_plate() -> None:
    left, right = (Plate("A", 0.9, Box(x, 0, x + 10, 10)) for x in (0, 5))
    assert len(merged([left, right])) == 1
    assert len(merged([left, right.moved(1, 0)])) == 2
