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
"""Bytes that all bodies together keep in memory; what comes on top goes to files. Where no file can
be written, larger bodies than MAX_BODY_IN_MEMORY are kept too, within this bound."""


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
    because the disk is full, and there is no room in memory either.
    """

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._held = 0
        self._size = 0
        self._in_memory = True
        self._disk_error: OSError | None = None
        self._file: IO[bytes] = io.BytesIO()

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._size += len(data)
        if self._in_memory:
            may_stay = self._size <= MAX_BODY_IN_MEMORY or self._disk_error is not None
            if not (may_stay and self._take(len(data))):
                self._leave_memory(len(data))
        self._file.write(data)

    def _take(self, size: int) -> bool:
        if not self._budget.take(size):
            return False
        self._held += size
        return True

    def _leave_memory(self, size: int) -> None:
        """Moves to a file, or stays for ``size`` bytes more where none can be written."""
        try:
            if self._disk_error:
                raise self._disk_error
            self._move_to_file()
        except OSError as error:
            self._disk_error = error
            if not self._take(size):
                raise

    def _move_to_file(self) -> None:
        file = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # close() closes it
        try:
            self._file.seek(0)
            file.write(self._file.read())
            file.flush()
        except OSError:
            with contextlib.suppress(OSError):  # It flushes again.
                file.close()
            self._file.seek(0, io.SEEK_END)
            raise
        self._file = file
        self._in_memory = False
        self._budget.give_back(self._held)
        self._held = 0

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
