"""Plates that the image's edge cuts: marked, low in confidence, after whole ones."""

from __future__ import annotations

import pytest

from alpr.cut_plates import mark_cut
from alpr.plates import Box, Plate, merge_duplicates

WIDTH, HEIGHT = 640, 360


def plate(box: Box, confidence: float = 0.9, text: str = "AB123") -> Plate:
    return Plate(text, confidence, box)


def marked(box: Box, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bool:
    (found,) = mark_cut([plate(box)], *size)
    return found.cut


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 100, 90, 130),
        Box(2, 100, 90, 130),
        Box(550, 100, 640, 130),
        Box(300, 0, 390, 20),
        Box(300, 340, 390, 360),
        Box(20, 100, 300, 200),
        Box(11, 100, 101, 130),  # the last whole character's end
        Box(539, 100, 629, 130),
    ],
)
def test_a_box_at_an_edge_is_cut(box: Box) -> None:
    assert marked(box)


@pytest.mark.parametrize(
    "box", [Box(13, 100, 103, 130), Box(300, 100, 627, 130), Box(300, 4, 390, 34)]
)
def test_a_box_inside_is_whole(box: Box) -> None:
    assert not marked(box)


def test_a_crop_of_one_plate_is_not_cut() -> None:
    assert not marked(Box(0, 0, 198, 60), (200, 62))
    assert not marked(Box(66, 18, 206, 56), (264, 72))
    assert not marked(Box(15, 15, 105, 63), (120, 78))
    assert not marked(Box(17, 20, 203, 88), (220, 108))
    assert marked(Box(4, 20, 203, 88), (220, 108))
    assert marked(Box(0, 0, 198, 60), (640, 62))


def test_a_cut_plate_has_less_than_half_a_chance() -> None:
    (found,) = mark_cut([plate(Box(0, 100, 90, 130), 1.0)], WIDTH, HEIGHT)
    assert found.confidence < 0.5
    assert found.box_confidence == 1.0


def test_a_cut_plate_is_never_surer_than_a_whole_one_and_comes_after_it() -> None:
    cut = plate(Box(0, 100, 90, 130), 1.0, "CUT12")
    doubtful = plate(Box(300, 100, 390, 130), 0.25, "AB123")
    first, second = merge_duplicates(mark_cut([cut, doubtful], WIDTH, HEIGHT))
    assert (first.text, second.text) == ("AB123", "CUT12")
    assert second.confidence <= first.confidence


def test_of_two_views_the_whole_one_is_kept() -> None:
    cut = plate(Box(0, 100, 300, 200), 1.0, "CUT12")
    whole = plate(Box(30, 110, 210, 180), 0.25)
    (kept,) = merge_duplicates(mark_cut([cut, whole], WIDTH, HEIGHT))
    assert kept.text == "AB123"
