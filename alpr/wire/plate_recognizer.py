"""Plate Recognizer's JSON, as its Snapshot SDK answers ``/v1/plate-reader/``.

The vehicle is always "unknown" with score 0, and so is a region that is not known, because clients
index these keys without checking that they exist. For the same reason an error has
``results`` and ``usage``, and ``mmc`` gets empty lists for make, color and orientation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alpr import __version__
from alpr.plates import Plate
from alpr.recognition import Result
from alpr.wire.codeproject import Body, clean_text, left_out, plate_text, region

NO_LIMIT = 2**31 - 1
UNKNOWN = "unknown"
MMC: Body = {"model_make": [], "color": [], "orientation": []}
"""What a result has more where ``mmc`` asks for make, model and color."""


def results(result: Result, calls: int, filename: str, values: Mapping[str, str], now: str) -> Body:
    """The whole answer.

    ``calls`` is the engine's count. Of ``values``, the form's fields, ``camera_id`` and
    ``timestamp`` are echoed; ``now`` is the timestamp of a form without one.
    """
    more = MMC if values.get("mmc", "").strip().lower() in ("true", "1") else {}
    return {
        "processing_time": float(round(result.total_ms)),
        "results": [{**_result(plate), **more} for plate in result.plates],
        "filename": filename,
        "version": 1,
        "camera_id": values.get("camera_id") or None,
        "timestamp": values.get("timestamp") or now,
        "image_width": result.width,
        "image_height": result.height,
        **({"image_truncated": True} if result.image_truncated else {}),
        **left_out(result),
        "usage": _usage(calls),
    }


def error(message: str, status: int, calls: int) -> Body:
    """What an error has beside CodeProject.AI's keys, because clients index these keys."""
    return {"results": [], "usage": _usage(calls), "detail": message, "status_code": status}


def info(calls: int) -> Body:
    """The answer of ``/info/``; there is no licence, and nothing is sent anywhere."""
    return {
        "version": __version__,
        "license_key": "",
        "total_calls": calls,
        "usage": _usage(calls),
        "webhooks": [],
    }


def statistics(calls: int, now: datetime) -> Body:
    """The answer of ``/v1/statistics/``: calls since the start, which no month resets."""
    usage = {"month": now.month, "year": now.year, "calls": calls, "resets_on": None}
    return {"usage": usage, "total_calls": NO_LIMIT}


def _usage(calls: int) -> Body:
    return {"calls": calls, "max_calls": NO_LIMIT}


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
        "region": region(plate) or {"code": UNKNOWN, "score": 0.0},
        **({"raw": clean_text(plate.raw).lower()} if plate.raw else {}),
        "candidates": _candidates(plate) or [{"plate": text, "score": score}],
        "vehicle": {"type": UNKNOWN, "score": 0.0, "box": corners},
    }


def _candidates(plate: Plate) -> list[Body]:
    return [
        {"plate": clean_text(text).lower(), "score": round(probability, 3)}
        for text, probability in plate.candidates
    ]
