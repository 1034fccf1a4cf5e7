"""What a run of ``alpr_api read`` did, in one line."""

from __future__ import annotations

import os
import time

from alpr.archive.files import FileResult


class Summary:
    """Counts results from the moment it is made.

    A folder that has no image, or that cannot be listed, is refused; it is no file.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._files = self._plates = self._refused = 0

    def add(self, result: FileResult) -> None:
        self._files += not (result.error and os.path.isdir(result.file))
        self._plates += len(result.body["predictions"])
        self._refused += bool(result.error)

    def line(self, done_before: int = 0, refused_before: int = 0) -> str:
        """E.g. ``6 files, 5 plates, 1 refused, 2.3 s``, and what a resumed file had before."""
        counts = _counted(self._files, "file"), _counted(self._plates, "plate")
        seconds = time.monotonic() - self._started
        line = f"{', '.join(counts)}, {self._refused} refused, {seconds:.1f} s"
        if not done_before:
            return line
        return f"{line}; before: {_counted(done_before, 'file')}, {refused_before} refused"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
