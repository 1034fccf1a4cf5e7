"""Plate Recognizer's answers as pure functions of a result."""

from __future__ import annotations

import json

from alpr.plates import Box, Plate
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
