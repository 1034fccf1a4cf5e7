"""Slots: how many requests decode and read at once, and how many may wait for a slot.

A decoded image can take hundreds of megabytes, so it is not threads that are limited but the
requests that hold images. A request that finds all slots and the queue full is refused at once::

    request -> a free slot                         -> decoded, read
            -> the queue, in order of arrival      -> a slot, or BusyError after QUEUE_TIMEOUT_S
            -> BusyError if the queue is full too
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from alpr.engines.base import Engine
from alpr.errors import BusyError

QUEUE_TIMEOUT_S = 10
"""Seconds that a request waits for a slot, fewer than a stop waits for requests in flight."""


class Slots:
    """``count`` slots and a queue of ``queue`` requests; safe to use from any thread.

    ``busy`` is how many slots are taken now.
    """

    def __init__(self, count: int, queue: int, timeout_s: float = QUEUE_TIMEOUT_S) -> None:
        self.count = count
        self.queue = queue
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self.busy = 0

    @property
    def queued(self) -> int:
        """How many requests wait now."""
        return len(self._waiting)

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Holds a slot while the body runs. Raises :class:`BusyError`."""
        self._take()
        try:
            yield
        finally:
            self._release()

    def _take(self) -> None:
        with self._lock:
            if self.busy < self.count:
                self.busy += 1
                return
            if len(self._waiting) >= self.queue:
                raise BusyError("too many requests at once; try again in a moment")
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(self._timeout_s):
            return
        with self._lock:
            if turn.is_set():  # The slot came between the timeout and the lock.
                return
            self._waiting.remove(turn)
        raise BusyError(f"no slot became free within {self._timeout_s:g} s")

    def _release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # The slot stays busy because it is handed on.
            else:
                self.busy -= 1


def slot_count(configured: int, engine: Engine) -> int:
    """The number of slots: as configured, or what suits the engine if that is 0."""
    return configured or engine.reads_at_once
