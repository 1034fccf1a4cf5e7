"""Assertions that many tests share."""

from __future__ import annotations

from typing import Any

from testkit.programs import ROOT


def assert_error(body: Any, status: int) -> None:
    """The one shape that every error has, with every type that a client relies on."""
    assert list(body)[:5] == ["success", "error", "predictions", "count", "message"]
    assert body["success"] is False
    assert isinstance(body["error"], str)
    assert body["error"].strip()
    assert not any(hint in body["error"] for hint in ("Traceback", 'File "', ROOT))
    assert body["predictions"] == []
    for key in ("count", "inferenceMs", "processMs", "analysisRoundTripMs"):
        assert type(body[key]) is int
        assert body[key] == 0
    assert body["message"] == ""
    assert type(body["code"]) is int
    assert body["code"] == status
    strings = ("moduleId", "moduleName", "command", "requestId", "processedBy", "timestampUTC")
    assert all(isinstance(body[key], str) and body[key] for key in strings)
