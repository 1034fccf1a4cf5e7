"""CodeProject.AI's JSON about the server itself: its version, modules and models."""

from __future__ import annotations

from datetime import datetime, timezone

from alpr import __version__
from alpr.engines.base import EngineStatus
from alpr.wire.codeproject import MODULE_ID, MODULE_NAME, Body, envelope

MODELS = ("license-plate", "alpr")
"""The custom models: one finds boxes, the other reads plates."""


def model_list(request_id: str = "") -> Body:
    """The answer of ``custom/list``."""
    return {
        "success": True,
        "models": list(MODELS),
        **envelope("list-custom", 200, request_id),
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
    """The answer of ``module/list/status``; ``started`` is when the program started."""
    module = {
        "moduleId": MODULE_ID,
        "name": MODULE_NAME,
        "status": "Started" if status.ready else "Starting",
        "started": started.isoformat(),
        "lastSeen": datetime.now(timezone.utc).isoformat(),
        "requestCount": status.calls,
        "statusData": engine_status(status),
    }
    return {"success": True, "statuses": [module], "code": 200}


def engine_status(status: EngineStatus) -> Body:
    """The engine's state, as ``/readyz`` and the module list show it."""
    return {
        "engine": status.name,
        "ready": status.ready,
        "device": status.device,
        "calls": status.calls,
        "restarts": status.facts.get("restarts", 0),
        "refusals": status.facts.get("refusals", 0),
        "lastError": status.last_error,
        "version": __version__,
    }


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
