"""The log: one line a request, as text or JSON, with the id that its answer carries."""

from __future__ import annotations

import json
import logging
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from alpr.recognition import Result
from alpr.settings import Settings, loading

log = logging.getLogger("alpr_api")

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Request ids that a client may choose: safe in a log line and in a header."""


def request_id(requested: str) -> str:
    """The client's own id if it is valid, else a new one."""
    return requested if ID.fullmatch(requested) else str(uuid.uuid4())


@dataclass(slots=True)
class RequestRecord:
    """What is logged of a request; ``result`` is None where no image was read.

    ``size`` is the body's, in bytes. The name of an uploaded file and the client's address are
    never logged.
    """

    request_id: str
    method: str
    path: str
    status: int
    size: int
    seconds: float
    result: Result | None

    def write(self, with_plates: bool) -> None:
        """Logs the number of plates, and their texts only ``with_plates``."""
        fields = self._fields(with_plates)
        plates = "no plates"
        if self.result is not None:
            plates = f"{fields['width']}x{fields['height']}, {fields['plates']} plates"
        if "texts" in fields:
            plates += f" {json.dumps(fields['texts'], ensure_ascii=False)}"
        text = f"{self.method} {fields['path']} {self.status}, {self.size} bytes in, {plates}"
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
        if self.result is not None:
            fields["width"], fields["height"] = self.result.width, self.result.height
            fields["plates"] = len(self.result.plates)
            if with_plates:
                fields["texts"] = [plate.text for plate in self.result.plates]
        return fields


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
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name in loading.unknown_variables():
        log.warning("the environment has %s, which is no setting", name)
