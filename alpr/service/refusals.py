"""From an exception to the answer that the client gets, and the reason it is counted under."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from alpr.errors import AlprError, EngineError, FormatError, RequestError, UnauthorizedError
from alpr.service.request_log import MAX_METHOD, MAX_PATH, shortened
from alpr.wire import paths
from alpr.wire.codeproject_status import MODELS

log = logging.getLogger(__name__)

WHAT_THIS_IS = (
    "alpr_api reads licence plates: POST an image to /v1/vision/alpr (CodeProject.AI, DeepStack) or"
    " /v1/plate-reader/ (Plate Recognizer); GET /openapi.json lists all routes"
)
OTHER_MODEL = re.compile("/v1/vision/custom/([^/]+)")
REASONS = {404: "not_found", 405: "method", 413: "too_large", 500: "bug"}
""":attr:`Refusal.reason` by status, for Flask's own errors; ``bad_request`` for all others."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to an error, and the ``reason`` label of ``alpr_refusals_total``."""

    message: str
    status: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)


def from_error(error: Exception, method: str, path: str, request_id: str) -> Refusal:
    """The answer; a bug is logged here, and the client gets only the id to find it by."""
    if isinstance(error, MemoryError):
        log.warning("request %s: no memory is left", request_id)
        error = EngineError("the service has no memory left for this request; try again later")
    if isinstance(error, AlprError):
        headers: dict[str, str] = {}
        if isinstance(error, EngineError):
            headers["Retry-After"] = str(error.retry_after_s)
        if isinstance(error, UnauthorizedError):
            headers["WWW-Authenticate"] = "ApiKey"
        status = error.status
        if isinstance(error, FormatError) and path in paths.PLATE_READER:
            status = RequestError.status  # Plate Recognizer's, as its clients expect
        return Refusal(str(error), status, error.reason, headers)
    if isinstance(error, HTTPException):
        status = error.code or 500
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        reason = REASONS.get(status, "bad_request")
        return Refusal(_explain(error, method, path), status, reason, headers)
    log.error("request %s failed", request_id, exc_info=error)
    return Refusal(f"internal error; the log has it as {request_id}", 500, REASONS[500])


def _explain(error: HTTPException, method: str, path: str) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return "the request is larger than max_body_mb"
    method, path = shortened(method, MAX_METHOD), shortened(path, MAX_PATH)
    if error.code == 404:
        if model := OTHER_MODEL.fullmatch(path):
            missing = f"there is no model {model[1]}, only {' and '.join(MODELS)}"
        else:
            missing = f"there is no route {path}"
        return f"{missing}. {WHAT_THIS_IS}"
    if error.code == 405:
        allowed = set(getattr(error, "valid_methods", None) or []) - {"HEAD", "OPTIONS"}
        return f"{method} is not possible at {path}; use {' or '.join(sorted(allowed))}"
    return str(error.description)
