"""The benchmark of naming countries: what it counts, and how sure that makes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from alpr.formats.notation import Notation
from alpr.plates import Box, Plate
from benchmarks.naming import counted, draw, lower_bound, table
from benchmarks.regions import Case
from benchmarks.scoring import LabelledPlate

BOX = Box(30, 20, 110, 50)


def case(codes: str) -> Case:
    return Case(Path("a.png"), LabelledPlate("X", BOX.corners), codes)


def test_right_and_wrong_names_are_counted() -> None:
    indian, many = Plate("MH12AB1234", 0.99, BOX), Plate("ABC1234", 0.99, BOX)
    doubtful = Plate("MH12AB1234", 0.5, BOX)
    total, right = counted(
        [(case("in"), [indian]), (case("br"), [indian, many]), (case("in"), [doubtful])]
    )
    assert (total, right) == ({"in": 2}, {"in": 1})
    assert "| in | 2 | 1 | 0.121 | yes |" in table(total, right)


@pytest.mark.parametrize(("right", "total", "bound"), [(20, 20, 0.881), (100, 100, 0.974)])
def test_a_bound_grows_with_the_plates(right: int, total: int, bound: float) -> None:
    assert lower_bound(right, total) == pytest.approx(bound, abs=0.001)


def test_a_drawn_text_is_of_its_notation() -> None:
    notation = Notation("A(9)(9) <NA S> [BD]")
    source = random.Random(1)
    drawn = {draw(notation.parts, source) for _ in range(50)}
    assert all(map(notation.fits, drawn))
    assert {len(text) for text in drawn} == {3, 4, 5, 6}
