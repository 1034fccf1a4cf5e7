"""What the native libraries of a worker print: its last lines, with the secrets masked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import IO

KEPT_BYTES = 8192


class NativeOutput:
    """Reads a process's output to its end, on a thread of its own, and keeps the last of it."""

    def __init__(
        self, stream: IO[bytes], secrets: Sequence[str], on_end: Callable[[], None]
    ) -> None:
        """``on_end`` is called on that thread once the output has ended."""
        self._stream = stream
        self._secrets = secrets
        self._on_end = on_end
        self._last = b""
        self._thread = threading.Thread(target=self._listen, name="ultimate-output", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """The last lines that may be shown: a traceback, except for its last line, may not."""
        text = self._last.decode(errors="replace")
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return [line for line in text.splitlines() if _is_shown(line)]

    def wait(self, timeout_s: float) -> None:
        """Waits until the output has ended."""
        self._thread.join(timeout_s)

    def _listen(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), KEPT_BYTES):
                self._last = (self._last + chunk)[-KEPT_BYTES:]
        self._on_end()


def _is_shown(line: str) -> bool:
    return bool(line.strip()) and not line.startswith((" ", "\t", "Traceback"))
