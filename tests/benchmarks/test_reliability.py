"""Confidence against truth: which readings count, and the ranges of confidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from benchmarks.reliability import Outcome, outcomes, ranges
from benchmarks.scoring import LABELS
from testkit.engines import make_plate
from testkit.images import encode, gradient_image


def test_the_best_reading_of_each_found_plate_counts(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(encode(gradient_image()))
    boxes = {"AB123O": (10, 20, 70, 40), "": (10, 50, 70, 70), "LOST1": (90, 90, 150, 110)}
    plates = [{"box": box, "text": text or None} for text, box in boxes.items()]
    (tmp_path / LABELS).write_text(json.dumps({"file": "1.jpg", "plates": plates}))
    seen = [
        make_plate("ABI230", 0.8),
        make_plate("AB128", 0.5, left=30, top=28),
        make_plate("OTHER", 0.9, top=50),
    ]
    engine = FakeEngine([seen])
    assert list(outcomes(engine, tmp_path, Settings())) == [Outcome(0.8, True)]


def test_plates_are_counted_in_the_range_of_their_confidence() -> None:
    rows = ranges([Outcome(0.91, True), Outcome(0.94, False), Outcome(0.3, False)])
    assert [(row.low, row.high, row.plates) for row in rows] == [(0.3, 0.5, 1), (0.9, 0.95, 2)]
    assert rows[1].confidence == pytest.approx(0.925)
    assert rows[1].right == pytest.approx(0.5)


def test_a_confidence_of_one_is_in_the_last_range() -> None:
    (row,) = ranges([Outcome(1.0, True)])
    assert (row.low, row.high, row.plates, row.right) == (0.98, 1.0, 1, 1)


def test_without_outcomes_there_are_no_ranges() -> None:
    assert ranges([]) == []
