"""A lock that is fair: threads get it in the order in which they asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FifoLock:
    """First in, first out. :class:`threading.Lock` promises no order and may starve a thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    def __len__(self) -> int:
        """How many threads hold it or wait for it."""
        return len(self._queue)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Waits for this thread's turn; the first in the queue holds the lock."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._queue[0] is ticket)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
