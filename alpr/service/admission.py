"""Slots: how many requests decode and read at once, and how many may wait for their turn.

A decoded picture can take hundreds of megabytes, so what is limited is not threads but what they
hold. Whoever comes when slots and queue are full is sent away at once, to try again soon::

    request -> a free slot                         -> decoded, read
            -> the queue, in order of arrival      -> a slot, or BusyError after PATIENCE_S
            -> BusyError, if the queue is full too
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from alpr.engines.base import Engine
from alpr.errors import BusyError
from alpr.settings import Settings

PATIENCE_S = 10
"""How long a request waits for a slot. It is less than a stop's patience with those in flight."""


class Slots:
    """``count`` reads at once and a queue of ``queue``; may be asked by any thread."""

    def __init__(self, count: int, queue: int, patience_s: float = PATIENCE_S) -> None:
        self.count = count
        self.queue = queue
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self.busy = 0

    @property
    def queued(self) -> int:
        """How many wait just now."""
        return len(self._waiting)

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """A slot for as long as the body lasts. Raises :class:`BusyError`."""
        self._take()
        try:
            yield
        finally:
            self._give_back()

    def _take(self) -> None:
        with self._lock:
            if self.busy < self.count:
                self.busy += 1
                return
            if len(self._waiting) >= self.queue:
                raise BusyError("too many requests at once; try again in a moment")
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(self._patience_s):
            return
        with self._lock:
            if turn.is_set():  # It came at the last moment.
                return
            self._waiting.remove(turn)
        raise BusyError(f"no slot became free within {self._patience_s:g} s")

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # The slot stays busy: it is handed on.
            else:
                self.busy -= 1


def slot_count(settings: Settings, engine: Engine) -> int:
    """How many slots there are: as many as are set, or else as suit the engine."""
    return settings.slots or engine.reads_at_once
