"""waitress' event loop, turned one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer

Sockets = dict[int, Any]
"""What the loop looks after, by file descriptor: listeners, connections and triggers."""


def listeners_of(sockets: Sockets) -> list[BaseWSGIServer]:
    return [one for one in sockets.values() if isinstance(one, BaseWSGIServer)]


class EventLoop:
    """The loop of one server, with something to do after each turn."""

    def __init__(
        self, server: BaseWSGIServer | MultiSocketServer, after_turn: Callable[[], None]
    ) -> None:
        self.sockets: Sockets = server.map if isinstance(server, MultiSocketServer) else server._map
        self._after_turn = after_turn
        self._trigger = self.listeners[0].trigger

    @property
    def listeners(self) -> list[BaseWSGIServer]:
        return listeners_of(self.sockets)

    @property
    def connections(self) -> list[HTTPChannel]:
        return [one for one in self.sockets.values() if isinstance(one, HTTPChannel)]

    def turn(self, timeout_s: float) -> None:
        """Waits up to ``timeout_s`` seconds for sockets to be ready, and serves each of them."""
        wasyncore.loop(timeout=timeout_s, map=self.sockets, count=1)
        self._after_turn()

    def wake(self) -> None:
        """Ends the wait of the current turn; safe in a signal handler."""
        self._trigger.pull_trigger()

    def close(self) -> None:
        wasyncore.close_all(self.sockets, ignore_all=True)
