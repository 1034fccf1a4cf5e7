"""CodeProject.AI's JSON for images: what its licence-plate module answers.

Key names, types and the order of plates follow CodeProject.AI Server 2.9.6 with its ALPR module
3.4.0, because clients index many keys without checking that they exist. Extra keys are safe for all
known clients.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

from alpr.overlay import Drawing
from alpr.plates import Plate
from alpr.recognition import Result

Body = dict[str, Any]

MODULE_ID = "ALPR"
MODULE_NAME = "License Plate Reader"
MAX_BOXES = 20
"""Frigate's detector fails on more predictions than this."""
MAX_LABELS_IN_MESSAGE = 3
SEPARATORS = str.maketrans("", "", ",:")
"""Removed from plates: Blue Iris joins ``TEXT:NN%`` with commas."""


def plates(result: Result, request_id: str = "") -> Body:
    """The answer of the plate routes."""
    predictions = [_prediction(plate) for plate in result.plates]
    labels = [str(prediction["label"]) for prediction in predictions]
    return {
        "success": True,
        "message": _message(labels),
        "count": len(predictions),
        "predictions": predictions,
        **envelope("alpr", 200, request_id, result),
        **left_out(result),
        **_image_and_grid(result),
    }


def boxes(result: Result, min_confidence: float, label: str, request_id: str = "") -> Body:
    """The answer of the detection routes: the boxes of plates, without their texts."""
    predictions = [
        {"label": label, "confidence": confidence, **_corners(plate)}
        for plate in result.plates
        if (confidence := round(plate.box_confidence, 4)) >= min_confidence
    ]
    predictions.sort(key=lambda prediction: -prediction["confidence"])
    predictions = predictions[:MAX_BOXES]
    return {
        "success": True,
        "message": f"Found {label}" if predictions else "No plates found",
        "count": len(predictions),
        "predictions": predictions,
        **envelope("detect", 200, request_id, result),
        **left_out(result),
        **_image_and_grid(result),
    }


def grid_drawing(drawing: Drawing, request_id: str = "") -> Body:
    """The answer of the grid's debug routes; the image is a data URI."""
    encoded = base64.b64encode(drawing.data).decode()
    return {
        "success": True,
        "image": f"data:{drawing.mime_type};base64,{encoded}",
        "image_width": drawing.width,
        "image_height": drawing.height,
        "grid_size": drawing.grid.size,
        "wanted_cells": list(drawing.grid.cells),
        **envelope("alpr_grid_debug", 200, request_id),
    }


def error(message: str, status: int, request_id: str = "") -> Body:
    """The answer to every error; clients index ``predictions`` and ``inferenceMs`` even here."""
    return {
        "success": False,
        "error": message,
        "predictions": [],
        "count": 0,
        "message": "",
        **envelope("alpr", status, request_id),
    }


def envelope(command: str, code: int, request_id: str, result: Result | None = None) -> Body:
    """The keys that all answers share; without a ``result``, times are 0 and the device empty."""
    total_ms = round(result.total_ms) if result else 0
    return {
        "processMs": total_ms,
        "inferenceMs": round(result.engine_ms) if result else 0,
        "analysisRoundTripMs": total_ms,
        "moduleId": MODULE_ID,
        "moduleName": MODULE_NAME,
        "code": code,
        "command": command,
        "requestId": request_id or str(uuid.uuid4()),
        "inferenceDevice": result.device if result else "",
        "processedBy": "localhost",
        "timestampUTC": format_datetime(datetime.now(timezone.utc), usegmt=True),
    }


def plate_text(plate: Plate) -> str:
    """The plate's text as clients get it."""
    return clean_text(plate.text)


def clean_text(text: str) -> str:
    """A text without blanks and without characters that clients use as separators."""
    return "".join(text.split()).translate(SEPARATORS)


def _prediction(plate: Plate) -> Mapping[str, object]:
    text = plate_text(plate)
    prediction = {
        "label": f"Plate: {text}",
        "plate": text,
        "confidence": round(plate.confidence, 4),
        **_corners(plate),
        "plate_annotation": text,
        "ocr_annotation": None,
        "valid_ocr_annotation": False,
        **_unless_none("detection_confidence", _four_digits(plate.detection_confidence)),
        **_unless_none("char_confidences", [round(c, 4) for c in plate.char_confidences] or None),
        **_unless_none("candidates", _candidates(plate) or None),
        **({"cut": True} if plate.cut else {}),
        **_unless_none("region", region(plate)),
        **_unless_none("raw", clean_text(plate.raw) or None),
    }
    return {**prediction, **plate.extras, **prediction}  # Extras must not replace these keys.


def region(plate: Plate) -> Body | None:
    """Where a plate is from; None where that is not known."""
    if plate.region is None:
        return None
    return {"code": plate.region.code, "score": round(plate.region.score, 4)}


def _candidates(plate: Plate) -> list[Body]:
    return [
        {"plate": clean_text(text), "probability": round(probability, 4)}
        for text, probability in plate.candidates
    ]


def left_out(result: Result) -> Body:
    return {"left_out": result.left_out} if result.left_out else {}


def _four_digits(value: float | None) -> float | None:
    return value if value is None else round(value, 4)


def _unless_none(key: str, value: object) -> Body:
    return {} if value is None else {key: value}


def _corners(plate: Plate) -> Body:
    x_min, y_min, x_max, y_max = plate.box.corners
    return {"x_min": x_min, "y_min": y_min, "x_max": x_max, "y_max": y_max}


def _message(labels: Sequence[str]) -> str:
    if not labels:
        return "No plates found"
    ellipsis = "..." if len(labels) > MAX_LABELS_IN_MESSAGE else ""
    return "Found " + ", ".join(labels[:MAX_LABELS_IN_MESSAGE]) + ellipsis


def _image_and_grid(result: Result) -> Body:
    return {
        **({"image_truncated": True} if result.image_truncated else {}),
        "image_width": result.width,
        "image_height": result.height,
        "grid": {
            "grid_size": result.grid_size,
            "whole_image": result.whole_image,
            "cells_tried": list(result.cells_tried),
        },
    }
