"""The log: one line a request, as text or JSON, under the id that its answer carries."""

from __future__ import annotations

import json
import logging
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from alpr.grid import Search
from alpr.settings import Settings, loading

log = logging.getLogger("alpr_api")

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A request's id as a sender may choose it: fit to stand in a log and in a header."""


def request_id(given: str) -> str:
    """The sender's own id where it is one, else a new one."""
    return given if ID.fullmatch(given) else str(uuid.uuid4())


@dataclass(slots=True)
class Line:
    """What is told of a request; ``found`` is None where nothing was looked for.

    The name of an uploaded file and the sender's address are never among it.
    """

    request_id: str
    method: str
    path: str
    status: int
    size: int
    seconds: float
    found: Search | None

    def write(self, with_plates: bool) -> None:
        """Plates are counted, and spelled only ``with_plates``."""
        fields = self._fields(with_plates)
        seen = "no plates"
        if self.found is not None:
            seen = f"{fields['width']}x{fields['height']}, {fields['plates']} plates"
        if "texts" in fields:
            seen += f" {json.dumps(fields['texts'], ensure_ascii=False)}"
        text = f"{self.method} {fields['path']} {self.status}, {self.size} bytes in, {seen}"
        log.info("%s, %d ms, %s", text, fields["ms"], self.request_id, extra={"fields": fields})

    def _fields(self, with_plates: bool) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "method": self.method,
            "path": quote(self.path),
            "status": self.status,
            "bytes": self.size,
            "ms": int(self.seconds * 1000),
        }
        if self.found is not None:
            fields["width"], fields["height"] = self.found.width, self.found.height
            fields["plates"] = len(self.found.plates)
            if with_plates:
                fields["texts"] = [plate.text for plate in self.found.plates]
        return fields


class JsonFormatter(logging.Formatter):
    """A JSON object a line: time, level, message, and the fields of a request."""

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
    """Logs to standard error from now on."""
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name in loading.unknown_variables():
        log.warning("the environment has %s, which is no setting", name)
