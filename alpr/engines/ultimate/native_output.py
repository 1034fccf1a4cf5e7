"""What the native libraries of a worker print: its last lines, with the secrets masked."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from typing import IO

KEPT_BYTES = 8192
NOISE = re.compile(r"""\s | Traceback | .* \bfunction:\W*" | file:\W*" | line:\W*\d""", re.VERBOSE)
"""Of a traceback all but its last line. Of the SDK's errors, which have four lines each, all but
the fourth: the message."""


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
        self._read_bytes = self._marked_bytes = 0
        self._thread = threading.Thread(target=self._listen, name="ultimate-output", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """The last lines, without those that say where in the code something happened."""
        return self._shown(self._last)

    def mark(self) -> None:
        """Has ``lines_since_mark`` start here."""
        self._marked_bytes = self._read_bytes

    def lines_since_mark(self) -> list[str]:
        new_bytes = self._read_bytes - self._marked_bytes
        return self._shown(self._last[-new_bytes:]) if new_bytes else []

    def wait(self, timeout_s: float) -> None:
        """Waits until the output has ended."""
        self._thread.join(timeout_s)

    def _shown(self, output: bytes) -> list[str]:
        text = output.decode(errors="replace")
        for secret in self._secrets:
            text = text.replace(secret, "…")
        shown = (line for line in text.splitlines() if line.strip() and not NOISE.match(line))
        return [line.removeprefix("message: ") for line in shown]

    def _listen(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), KEPT_BYTES):
                self._last = (self._last + chunk)[-KEPT_BYTES:]
                self._read_bytes += len(chunk)
        self._on_end()
