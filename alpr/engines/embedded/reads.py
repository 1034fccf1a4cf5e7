"""How many images are read at this moment: what a pass may use of the processor depends on it."""

from __future__ import annotations

import threading


class Reads:
    """Counts the reads in progress: each is within ``with``, in any thread."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    @property
    def are_several(self) -> bool:
        return self._count > 1
