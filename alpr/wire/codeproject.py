"""CodeProject.AI's JSON: what its licence-plate module and status pages answer.

Key names, types and order of plates follow CodeProject.AI Server 2.9.6 with its ALPR module 3.4.0,
whose clients index many of them without looking. Extra keys are safe everywhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

from alpr import __version__
from alpr.engines.base import EngineStatus
from alpr.grid import Grid, Search
from alpr.plates import Plate

Body = dict[str, Any]

MODULE_ID = "ALPR"
MODULE_NAME = "License Plate Reader"
BOX_LABEL = "license-plate"
MODELS = (BOX_LABEL,)
MAX_BOXES = 20
"""Frigate's detector fails on more predictions than this."""
NAMED_IN_MESSAGE = 3
TEXT_TO_DROP = str.maketrans("", "", ",:")
"""Blue Iris joins ``TEXT:NN%`` with commas, so neither may stand inside a plate."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds: of the engine alone, and of the whole request so far."""

    inference_ms: int = 0
    process_ms: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A grid drawn on a picture of ``width`` x ``height`` pixels; ``picture`` is a data URI."""

    picture: str
    width: int
    height: int
    grid: Grid


def plates(found: Search, timing: Timing, device: str, request_id: str = "") -> Body:
    """The answer of the plate routes."""
    predictions = [_prediction(plate) for plate in found.plates]
    labels = [str(prediction["label"]) for prediction in predictions]
    return {
        "success": True,
        "message": _message(labels),
        "count": len(predictions),
        "predictions": predictions,
        **_envelope("alpr", 200, timing, device, request_id),
        **_tried(found),
    }


def boxes(
    found: Search, min_confidence: float, timing: Timing, device: str, request_id: str = ""
) -> Body:
    """The answer of the detection routes: where plates are, not what they say."""
    predictions = [
        {"label": BOX_LABEL, "confidence": sureness, **_corners(plate)}
        for plate in found.plates
        if (sureness := round(_detection(plate), 4)) >= min_confidence
    ]
    predictions.sort(key=lambda prediction: -prediction["confidence"])
    predictions = predictions[:MAX_BOXES]
    return {
        "success": True,
        "message": f"Found {BOX_LABEL}" if predictions else "No plates found",
        "count": len(predictions),
        "predictions": predictions,
        **_envelope("detect", 200, timing, device, request_id),
        **_tried(found),
    }


def grid_drawing(drawing: Drawing, request_id: str = "") -> Body:
    """The answer of the grid's debug routes."""
    return {
        "success": True,
        "image": drawing.picture,
        "image_width": drawing.width,
        "image_height": drawing.height,
        "grid_size": drawing.grid.size,
        "wanted_cells": list(drawing.grid.cells),
        **_envelope("alpr_grid_debug", 200, Timing(), "", request_id),
    }


def error(message: str, status: int, request_id: str = "") -> Body:
    """The one shape of every error; clients index ``predictions`` and ``inferenceMs`` even here."""
    return {
        "success": False,
        "error": message,
        "predictions": [],
        "count": 0,
        "message": "",
        **_envelope("alpr", status, Timing(), "", request_id),
    }


def model_list(request_id: str = "") -> Body:
    """The answer of ``custom/list``."""
    return {
        "success": True,
        "models": list(MODELS),
        **_envelope("list-custom", 200, Timing(), "", request_id),
    }


def version() -> Body:
    """The answer of ``status/ping`` and ``status/version``."""
    return {
        "success": True,
        "message": __version__,
        "version": _version_parts(),
        "code": 200,
        "hostname": "localhost",
    }


def update_available() -> Body:
    """The answer of ``status/updateavailable``: the program never looks for updates."""
    parts = _version_parts()
    return {
        **version(),
        "message": "No update is available",
        "updateAvailable": False,
        "current": parts,
        "latest": parts,
    }


def module_list(status: EngineStatus, started: datetime) -> Body:
    """The answer of ``module/list/status``."""
    module = {
        "moduleId": MODULE_ID,
        "name": MODULE_NAME,
        "status": "Started" if status.ready else "Starting",
        "started": started.isoformat(),
        "lastSeen": _now().isoformat(),
        "requestCount": status.calls,
        "statusData": engine_status(status),
    }
    return {"success": True, "statuses": [module], "code": 200}


def engine_status(status: EngineStatus) -> Body:
    """The engine as the health routes show it."""
    return {
        "engine": status.name,
        "ready": status.ready,
        "device": status.device,
        "calls": status.calls,
        "restarts": status.restarts,
        "refusals": status.refusals,
        "lastError": status.last_error,
        "version": __version__,
    }


def _prediction(plate: Plate) -> Mapping[str, object]:
    text = plate_text(plate)
    ours = {
        "label": f"Plate: {text}",
        "plate": text,
        "confidence": round(plate.confidence, 4),
        **_corners(plate),
        "plate_annotation": text,
        "ocr_annotation": None,
        "valid_ocr_annotation": False,
        **_known("detection_confidence", plate.detection_confidence),
        **_known("char_confidences", [round(c, 4) for c in plate.char_confidences] or None),
    }
    return {**ours, **plate.extras, **ours}  # an engine's own facts replace none of ours


def plate_text(plate: Plate) -> str:
    """The text as clients take it: no blanks, no characters that they use as separators."""
    return "".join(plate.text.split()).translate(TEXT_TO_DROP)


def _known(key: str, value: object) -> Body:
    return {} if value is None else {key: value}


def _corners(plate: Plate) -> Body:
    box = plate.box
    return {"x_min": box.x_min, "y_min": box.y_min, "x_max": box.x_max, "y_max": box.y_max}


def _detection(plate: Plate) -> float:
    return plate.confidence if plate.detection_confidence is None else plate.detection_confidence


def _message(labels: Sequence[str]) -> str:
    if not labels:
        return "No plates found"
    more = "..." if len(labels) > NAMED_IN_MESSAGE else ""
    return "Found " + ", ".join(labels[:NAMED_IN_MESSAGE]) + more


def _tried(found: Search) -> Body:
    return {
        "image_width": found.width,
        "image_height": found.height,
        "grid": {
            "grid_size": found.grid_size,
            "whole_image": True,
            "cells_tried": list(found.cells_tried),
        },
    }


def _envelope(command: str, code: int, timing: Timing, device: str, request_id: str) -> Body:
    return {
        "processMs": timing.process_ms,
        "inferenceMs": timing.inference_ms,
        "analysisRoundTripMs": timing.process_ms,
        "moduleId": MODULE_ID,
        "moduleName": MODULE_NAME,
        "code": code,
        "command": command,
        "requestId": request_id or str(uuid.uuid4()),
        "inferenceDevice": device,
        "processedBy": "localhost",
        "timestampUTC": format_datetime(_now(), usegmt=True),
    }


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _version_parts() -> Body:
    major, minor, patch, *pre_release = __version__.split(".")
    return {
        "major": int(major),
        "minor": int(minor),
        "patch": int(patch),
        "preRelease": "".join(pre_release),
        "securityUpdate": False,
        "build": 0,
        "file": "",
        "releaseNotes": "",
    }
