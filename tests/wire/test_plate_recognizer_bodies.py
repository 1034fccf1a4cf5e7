"""Plate Recognizer's answers as pure functions of a result."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from alpr.plates import Box, Candidate, Plate
from alpr.recognition import Result
from alpr.wire import plate_recognizer
from testkit.engines import make_plate


def test_the_region_and_the_vehicle_are_unknown() -> None:
    seen = (Plate("B MW 1", 0.91239, Box(1, 2, 9, 8), 0.5), make_plate("XY9", 0.4))
    body = plate_recognizer.results(
        Result(seen, 64, 48, 4, (), 5.4, 7.4, "CPU"), 3, "a.jpg", {"camera_id": ""}, "now"
    )
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert (body["timestamp"], body["camera_id"], body["filename"]) == ("now", None, "a.jpg")
    assert (body["processing_time"], body["usage"]["calls"]) == (7.0, 3)
    first, second = body["results"]
    assert (first["plate"], first["score"], first["dscore"]) == ("bmw1", 0.912, 0.5)
    assert first["box"] == {"xmin": 1, "ymin": 2, "xmax": 9, "ymax": 8}
    assert second["dscore"] == second["score"] == 0.4
    assert first["region"]["code"] == first["vehicle"]["type"] == "unknown"


@pytest.mark.parametrize(("mmc", "count"), [("true", 3), ("True", 3), ("false", 0), ("", 0)])
def test_make_and_color_are_empty_where_they_are_asked_for(mmc: str, count: int) -> None:
    seen = Result((make_plate(),), 64, 48, 4, (), 5, 7, "CPU")
    (found,) = plate_recognizer.results(seen, 3, "a.jpg", {"mmc": mmc}, "now")["results"]
    lists = {name: found[name] for name in ("model_make", "color", "orientation") if name in found}
    assert list(lists.values()) == [[]] * count


def test_an_error_has_what_clients_index() -> None:
    assert plate_recognizer.error("why", 413, 3) == {
        "results": [],
        "usage": {"calls": 3, "max_calls": 2147483647},
        "detail": "why",
        "status_code": 413,
    }


def test_statistics_have_no_limit() -> None:
    body = plate_recognizer.statistics(3, datetime(2026, 11, 22, tzinfo=timezone.utc))
    assert body["usage"] == {"month": 11, "year": 2026, "calls": 3, "resets_on": None}
    assert body["total_calls"] > 10**9


def test_candidates_are_the_likely_texts_or_else_the_plates_own() -> None:
    known = Plate(
        "AB1", 0.9, Box(1, 2, 9, 8), candidates=(Candidate("AB1", 0.7), Candidate("A81", 0.21239))
    )
    body = plate_recognizer.results(
        Result((known, make_plate("XY9", 0.4)), 64, 48, 4, (), 5.4, 7.4, "CPU"), 3, "", {}, "now"
    )
    first, second = body["results"]
    assert first["candidates"] == [{"plate": "ab1", "score": 0.7}, {"plate": "a81", "score": 0.212}]
    assert second["candidates"] == [{"plate": "xy9", "score": 0.4}]
