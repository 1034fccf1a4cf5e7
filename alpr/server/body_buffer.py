"""Where a request's body waits until it is whole: in memory, or in a temporary file."""

from __future__ import annotations

import contextlib
import io
import tempfile
import threading
from typing import IO

MAX_BODY_IN_MEMORY = 2_000_000
"""Bytes of one body that are kept in memory, more than a camera's frame has."""

MAX_BODIES_IN_MEMORY = 64_000_000
"""Bytes that all bodies together keep in memory; what comes on top goes to files."""


class MemoryBudget:
    """Bytes that may still be kept in memory; safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Takes ``size`` bytes if there are as many."""
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True

    def give_back(self, size: int) -> None:
        with self._lock:
            self._free += size


class BodyBuffer:
    """The bytes of one body, with the interface that waitress' receivers write to.

    :meth:`append` and :meth:`rewind` raise OSError where the temporary file cannot be written, e.g.
    because the disk is full.
    """

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._held = 0
        self._size = 0
        self._in_memory = True
        self._file: IO[bytes] = io.BytesIO()

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._size += len(data)
        if self._in_memory:
            if self._size <= MAX_BODY_IN_MEMORY and self._budget.take(len(data)):
                self._held += len(data)
            else:
                self._move_to_file()
        self._file.write(data)

    def _move_to_file(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        self._file = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # close() closes it
        self._in_memory = False
        self._budget.give_back(self._held)
        self._held = 0
        self._file.write(content)

    def rewind(self) -> None:
        """Makes the whole body readable from its start."""
        self._file.seek(0)

    def getfile(self) -> IO[bytes]:
        return self._file

    def close(self) -> None:
        """Frees memory and file, also after a failure."""
        with contextlib.suppress(OSError):  # What a full disk did not take is not missed now.
            self._file.close()
        self._budget.give_back(self._held)
        self._held = 0
