"""Images in a row for which one worker gave the same error."""

from __future__ import annotations

MAX_EQUAL_ERRORS = 5
"""Images in a row with the same error after which the worker, not the images, is to blame."""


class ErrorStreak:
    """Counts different images: the same image sent again and again proves nothing."""

    def __init__(self) -> None:
        self._error = ""
        self._images: set[int] = set()

    def add(self, error: str, checksum: int) -> bool:
        """Counts an error for the image with this checksum; true once there are too many."""
        if error != self._error:
            self._error, self._images = error, set()
        self._images.add(checksum)
        return len(self._images) >= MAX_EQUAL_ERRORS

    def clear(self) -> None:
        self._error, self._images = "", set()
