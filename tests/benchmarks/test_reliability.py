"""Confidence against truth: the ranges and their shares."""

from __future__ import annotations

import pytest

from benchmarks.reliability import Outcome, ranges


def test_plates_are_counted_in_the_range_of_their_confidence() -> None:
    rows = ranges([Outcome(0.91, True), Outcome(0.94, False), Outcome(0.3, False)])
    assert [(row.low, row.high, row.plates) for row in rows] == [(0.3, 0.5, 1), (0.9, 0.95, 2)]
    assert rows[1].said == pytest.approx(0.925)
    assert rows[1].right == pytest.approx(0.5)


def test_certainty_belongs_to_the_last_range() -> None:
    (row,) = ranges([Outcome(1.0, True)])
    assert (row.low, row.high, row.plates, row.right) == (0.98, 1.0, 1, 1)


def test_nothing_has_no_ranges() -> None:
    assert ranges([]) == []
