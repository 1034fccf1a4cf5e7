"""waitress' event loop, turned one step at a time, and the search for overdue connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from waitress import wasyncore

from alpr.server.listener import PAUSE_S, Listener

CLEANUP_INTERVAL_S = 1
"""Seconds between two searches for overdue connections."""

MAX_ANSWER_BYTES = 64_000_000
"""Bytes of answers that clients have not taken, of all connections together. Above it the ones that
wait longest are dropped; the largest answer, a drawing of 50 megapixels, has some 30 MB."""


class EventLoop:
    """The loop of one server, with something to do after each turn."""

    def __init__(
        self, listeners: Sequence[Listener], after_turn: Callable[[], None] = lambda: None
    ) -> None:
        self.listeners = listeners
        self.shared = listeners[0].shared
        self._after_turn = after_turn
        self._next_cleanup = 0.0

    def turn(self, timeout_s: float) -> None:
        """Waits up to ``timeout_s`` seconds for sockets to be ready, and serves each of them."""
        if any(listener.waits for listener in self.listeners):
            timeout_s = min(timeout_s, PAUSE_S)
        wasyncore.loop(timeout=timeout_s, map=self.shared.sockets, count=1)
        now = time.monotonic()
        if now >= self._next_cleanup:
            self._next_cleanup = now + CLEANUP_INTERVAL_S
            self._close_overdue(now)
        self._after_turn()

    def _close_overdue(self, now: float) -> None:
        waiting = []
        for channel in self.shared.connections:
            if channel.is_overdue(now):
                channel.abort()
            elif channel.total_outbufs_len:
                waiting.append(channel)
        waiting.sort(key=lambda channel: channel.last_activity, reverse=True)
        held = sum(channel.held_bytes for channel in waiting)
        while held > MAX_ANSWER_BYTES:
            longest = waiting.pop()
            held -= longest.held_bytes
            longest.abort()

    def wake(self) -> None:
        """Ends the wait of the current turn; safe in a signal handler."""
        self.listeners[0].pull_trigger()

    def close(self) -> None:
        for channel in self.shared.connections:
            channel.handle_close()  # Also closes the file of a body that has not come whole.
        wasyncore.close_all(self.shared.sockets, ignore_all=True)
