"""A stop that loses nothing: received requests are answered, and uploads in progress are awaited.

waitress' own stop ends the event loop, which cuts off long answers, and drops requests that wait
for a thread. Here the loop goes on turning until nothing is left to do.
"""

from __future__ import annotations

import time

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from alpr.server.event_loop import EventLoop

DRAIN_S = 25
"""Seconds that a stop may take after its signal; systemd kills the service after 30."""

TURN_S = 0.1
"""Seconds between two looks at whether something is left to do."""

UPLOAD_PAUSE_S = 1
"""An upload that has paused for this many seconds is no longer awaited."""


def drain(loop: EventLoop, dispatcher: ThreadedTaskDispatcher) -> None:
    """Accepts no more connections, answers the ones there are, and stops the threads."""
    deadline = time.monotonic() + DRAIN_S
    _accept_pending(loop)
    for listener in loop.listeners:
        # Not the listener's own close, which also closes the trigger that its connections use.
        wasyncore.dispatcher.close(listener)
    while time.monotonic() < deadline:
        loop.turn(0)  # What has arrived by now is still answered.
        if not any(map(_is_busy, loop.connections)):
            break
        loop.turn(TURN_S)
    dispatcher.shutdown(timeout=max(0, deadline - time.monotonic()))
    loop.close()


def _accept_pending(loop: EventLoop) -> None:
    """Takes over the connections that the kernel has accepted; a turn takes one a listener."""
    count = -1
    while len(loop.sockets) > count:
        count = len(loop.sockets)
        loop.turn(0)


def _is_busy(channel: HTTPChannel) -> bool:
    is_sending = channel.request is not None
    return bool(
        channel.requests
        or channel.total_outbufs_len
        or (is_sending and time.time() - channel.last_activity < UPLOAD_PAUSE_S)
    )
