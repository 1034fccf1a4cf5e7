"""Plate Recognizer's JSON, as its Snapshot SDK answers ``/v1/plate-reader/``.

The region and the vehicle are always "unknown" with score 0, because no engine here knows them and
clients index these keys without checking that they exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alpr.plates import Plate
from alpr.recognition import Result
from alpr.wire.codeproject import Body, plate_text

NO_LIMIT = 2**31 - 1
UNKNOWN = "unknown"


def results(result: Result, calls: int, filename: str, values: Mapping[str, str], now: str) -> Body:
    """The whole answer.

    ``calls`` is the engine's count. Of ``values``, the form's fields, ``camera_id`` and
    ``timestamp`` are echoed; ``now`` is the timestamp of a form without one.
    """
    return {
        "processing_time": float(round(result.total_ms)),
        "results": [_result(plate) for plate in result.plates],
        "filename": filename,
        "version": 1,
        "camera_id": values.get("camera_id") or None,
        "timestamp": values.get("timestamp") or now,
        "image_width": result.width,
        "image_height": result.height,
        **({"image_truncated": True} if result.image_truncated else {}),
        "usage": {"calls": calls, "max_calls": NO_LIMIT},
    }


def _result(plate: Plate) -> dict[str, Any]:
    text = plate_text(plate).lower()
    x_min, y_min, x_max, y_max = plate.box.corners
    corners = {"xmin": x_min, "ymin": y_min, "xmax": x_max, "ymax": y_max}
    score = round(plate.confidence, 3)
    return {
        "plate": text,
        "score": score,
        "dscore": round(plate.box_confidence, 3),
        "box": corners,
        "region": {"code": UNKNOWN, "score": 0.0},
        "candidates": [{"plate": text, "score": score}],
        "vehicle": {"type": UNKNOWN, "score": 0.0, "box": corners},
    }
