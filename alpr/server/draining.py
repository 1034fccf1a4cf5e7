"""A stop that loses nothing: what has come is answered, and what is being sent is waited for.

waitress' own stop ends the event loop, so that long answers are cut off, and drops what waits for a
thread. Here the loop goes on turning until there is nothing left to do.
"""

from __future__ import annotations

import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher

DRAIN_S = 25
"""How long a stop may take after it was asked for; systemd kills after 30."""

PAUSE_S = 0.1
STILL_SENDING_S = 1
"""An upload that has paused for longer is not waited for."""

Sockets = dict[int, Any]
"""What the event loop looks after, by number: listeners, connections and triggers."""


def listeners(sockets: Sockets) -> list[BaseWSGIServer]:
    return [one for one in sockets.values() if isinstance(one, BaseWSGIServer)]


def drain(sockets: Sockets, dispatcher: ThreadedTaskDispatcher) -> None:
    """Closes the doors, answers whoever is inside, and returns with all threads at rest."""
    deadline = time.monotonic() + DRAIN_S
    _let_in_who_knocked(sockets)
    for listener in listeners(sockets):
        # Not its own close, which also takes its trigger from the connections that remain.
        wasyncore.dispatcher.close(listener)
    while time.monotonic() < deadline:
        wasyncore.loop(timeout=0, map=sockets, count=1)  # What has come by now is still answered.
        if not any(map(_is_busy, _channels(sockets))):
            break
        wasyncore.loop(timeout=PAUSE_S, map=sockets, count=1)
    dispatcher.shutdown(timeout=max(0, deadline - time.monotonic()))
    wasyncore.close_all(sockets, ignore_all=True)


def _let_in_who_knocked(sockets: Sockets) -> None:
    """Accepts the connections that the kernel has accepted already, one a turn and listener."""
    count = -1
    while len(sockets) > count:
        count = len(sockets)
        wasyncore.loop(timeout=0, map=sockets, count=1)


def _channels(sockets: Sockets) -> list[HTTPChannel]:
    return [one for one in sockets.values() if isinstance(one, HTTPChannel)]


def _is_busy(channel: HTTPChannel) -> bool:
    is_sending = channel.request is not None
    return bool(
        channel.requests
        or channel.total_outbufs_len
        or (is_sending and time.time() - channel.last_activity < STILL_SENDING_S)
    )
