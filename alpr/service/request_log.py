"""The log: one line a request, as text or JSON, with the id that its answer carries."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from alpr.recognition import Result
from alpr.service.recent_requests import RecentRequests
from alpr.settings import Settings, loading
from alpr.wire import paths

log = logging.getLogger("alpr_api")

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Request ids that a client may choose: safe in a log line and in a header."""


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that end a line, command a terminal or turn its text around, and what no file can
hold."""

MAX_METHOD, MAX_PATH, MAX_ERROR, MAX_MESSAGE = 20, 200, 200, 1000
"""Characters of a method, a path, an error and a whole message that are logged."""


def escaped(text: str) -> str:
    """The text with control characters as Python's escapes."""
    return CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text, and a sign where some are missing."""
    return text if len(text) <= limit else text[:limit] + "…"


def request_id(requested: str) -> str:
    """The client's own id if it is valid, else a new one."""
    return requested if ID.fullmatch(requested) else str(uuid.uuid4())


@dataclass(slots=True)
class RequestRecord:
    """What is known of a request; ``result`` is None where no image was read.

    ``size`` is the body's, in bytes, and ``client`` the address of the connection. ``error`` is
    what a refused client was told. The name of an uploaded file is never logged.
    """

    request_id: str
    method: str
    path: str
    status: int
    size: int
    seconds: float
    client: str
    result: Result | None
    error: str = ""

    def fields(self, with_plates: bool, with_client: bool) -> dict[str, Any]:
        """The keys of a JSON line; texts of plates, and the address, only where they are wanted."""
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "method": shortened(self.method, MAX_METHOD),
            "path": shortened(quote(self.path[: MAX_PATH + 1]), MAX_PATH),
            "status": self.status,
            "bytes": self.size,
            "ms": int(self.seconds * 1000),
        }
        if self.error:
            fields["error"] = shortened(escaped(self.error), MAX_ERROR)
        if with_client:
            fields["client"] = self.client
        if self.result is not None:
            fields["width"], fields["height"] = self.result.width, self.result.height
            fields["plates"] = len(self.result.plates)
            if with_plates:
                fields["texts"] = [plate.text for plate in self.result.plates]
        return fields


class RequestLog:
    """Logs requests as the settings say, and keeps those that are no probes as ``recent``."""

    def __init__(self, settings: Settings) -> None:
        self._detail = settings.log_plates, settings.log_clients
        self._with_probes = settings.log_probes
        self.recent = RecentRequests()

    def add(self, record: RequestRecord) -> None:
        """Logs the number of plates, and their texts only with ``log_plates``.

        A probe that is refused is logged as any request is.
        """
        fields = record.fields(*self._detail)
        is_probe = record.path in paths.PROBES and record.status < 400
        if is_probe and not self._with_probes:
            return
        text = _short(fields) if is_probe else f"{_whole(fields)}, {record.request_id}"
        log.info("%s", text, extra={"fields": fields})
        if not (record.path in paths.PROBES or _is_for_page(record)):
            self.recent.add(fields)


def _is_for_page(record: RequestRecord) -> bool:
    """Whether a browser loads the page, or a part of it."""
    part = record.path in paths.PAGE or record.path.startswith(paths.STATIC)
    return record.method == "GET" and part


def _short(fields: Mapping[str, Any]) -> str:
    asker = f" from {fields['client']}" if "client" in fields else ""
    return f"{fields['method']} {fields['path']} {fields['status']}{asker}"


def _whole(fields: Mapping[str, Any]) -> str:
    """All but the id, which ends the line."""
    parts = [_short(fields), f"{fields['bytes']} bytes in"]
    if "plates" in fields:
        count = fields["plates"]
        plates = f"{count} plate" if count == 1 else f"{count} plates"
        if "texts" in fields:
            plates += f" {json.dumps(fields['texts'], ensure_ascii=False)}"
        parts += [f"{fields['width']}x{fields['height']}", plates]
    parts.append(f"{fields['ms']} ms")
    if "error" in fields:
        parts.append(json.dumps(fields["error"], ensure_ascii=False))
    return ", ".join(parts)


class OneLine(logging.Filter):
    """Makes each message one line of bounded length, whatever a client or a library put in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = shortened(escaped(record.getMessage()), MAX_MESSAGE), ()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, and the fields of a request."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start(settings: Settings) -> None:
    """Starts logging to standard error."""
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.addFilter(OneLine())
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for doubt in loading.doubts(settings):
        log.warning("%s", doubt)
