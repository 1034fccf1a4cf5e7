"""Plate Recognizer's JSON, as its Snapshot SDK answers ``/v1/plate-reader/``.

What no engine of ours knows (the region, the vehicle) is said to be unknown with score 0, since
clients index it without looking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alpr.grid import Search
from alpr.plates import Plate
from alpr.wire.codeproject import Body, Timing, plate_text

NO_LIMIT = 2**31 - 1
UNKNOWN = "unknown"


def results(
    found: Search, timing: Timing, calls: int, filename: str, values: Mapping[str, str], now: str
) -> Body:
    """The whole answer; ``values`` are the form's fields, of which two are given back."""
    return {
        "processing_time": float(timing.process_ms),
        "results": [_result(plate) for plate in found.plates],
        "filename": filename,
        "version": 1,
        "camera_id": values.get("camera_id") or None,
        "timestamp": values.get("timestamp") or now,
        "image_width": found.width,
        "image_height": found.height,
        "usage": {"calls": calls, "max_calls": NO_LIMIT},
    }


def _result(plate: Plate) -> dict[str, Any]:
    text = plate_text(plate).lower()
    box = plate.box
    corners = {"xmin": box.x_min, "ymin": box.y_min, "xmax": box.x_max, "ymax": box.y_max}
    score = round(plate.confidence, 3)
    found = plate.confidence if plate.detection_confidence is None else plate.detection_confidence
    return {
        "plate": text,
        "score": score,
        "dscore": round(found, 3),
        "box": corners,
        "region": {"code": UNKNOWN, "score": 0.0},
        "candidates": [{"plate": text, "score": score}],
        "vehicle": {"type": UNKNOWN, "score": 0.0, "box": corners},
    }
