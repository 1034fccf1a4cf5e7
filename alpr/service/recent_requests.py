"""The last requests and a few figures of them, for the page; in memory only."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

KEPT = 100
"""Requests that are listed, and reads whose median time is told."""

WINDOW_S = 60
MAX_READS_IN_WINDOW = 60_000
MAX_PATH = 200
"""Characters of a path that are kept, because a client chooses them."""


class RecentRequests:
    """What :meth:`body` tells; safe to use from many threads. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._requests: deque[Mapping[str, Any]] = deque(maxlen=KEPT)
        self._read_times: deque[float] = deque(maxlen=MAX_READS_IN_WINDOW)
        self._read_ms: deque[int] = deque(maxlen=KEPT)
        self._refused = 0

    def add(self, fields: Mapping[str, Any]) -> None:
        """Keeps a request with its ``fields`` in the log."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        request = {"time": now, **fields, "path": fields["path"][:MAX_PATH]}
        with self._lock:
            self._requests.appendleft(request)
            self._refused += fields["status"] >= 400
            if "plates" in fields:
                self._read_times.append(self._clock())
                self._read_ms.append(fields["ms"])

    def body(self) -> dict[str, Any]:
        """The JSON of ``/recent.json``, the newest request first.

        ``reads_last_minute`` and ``refused`` count; ``median_ms`` is None before the first read.
        """
        with self._lock:
            since = self._clock() - WINDOW_S
            while self._read_times and self._read_times[0] < since:
                self._read_times.popleft()
            return {
                "reads_last_minute": len(self._read_times),
                "median_ms": statistics.median_low(self._read_ms) if self._read_ms else None,
                "refused": self._refused,
                "requests": list(self._requests),
            }
