"""The port: which connections are accepted, and how many.

============================================  ==================================================
a new connection when                         what becomes of it
============================================  ==================================================
there are fewer than the limits               it is served
there are MAX_CONNECTIONS                     health is answered, everything else refused by 503
its address has max_connections_per_address   the same
all places for health are taken too           it waits for one, or takes the place of the oldest
                                              that had its time: see Channel.may_be_replaced
no descriptor or memory is left               it waits; one line in the log
============================================  ==================================================
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from alpr.server.body_buffer import MAX_BODIES_IN_MEMORY, MemoryBudget
from alpr.server.http_channel import Channel

MAX_CONNECTIONS = 200

HEALTH_CONNECTIONS = 32
"""Connections beyond the limits, on which only health is answered."""

MAX_UNSENT_BYTES = 128 * 1024
"""Bytes of an answer that the kernel holds and has not sent. Its own limit is 4 MB, for which a
client that does not listen would have forty answers made, and 200 of them 230 MB of memory."""

TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", None)
"""The option with that limit; Windows has none."""

ACCEPTS_A_TURN = 32
"""Connections that are accepted before the others are served again."""

PAUSE_S = 0.1
"""Seconds until the next try where a connection cannot be taken."""

LOG_INTERVAL_S = 60
"""Least seconds between two lines in the log about that."""

log = logging.getLogger(__name__)

Sockets = dict[int, Any]
"""What the event loop looks after, by file descriptor: listeners, connections and triggers."""


class Shared:
    """What the listeners of one server share: sockets, threads and limits."""

    def __init__(self, threads: int, max_per_address: int) -> None:
        self.sockets: Sockets = {}
        self.dispatcher, self.health_dispatcher = self.dispatchers = (
            ThreadedTaskDispatcher(),
            ThreadedTaskDispatcher(),
        )
        self.dispatcher.set_thread_count(threads)
        self.health_dispatcher.set_thread_count(1)
        self.body_budget = MemoryBudget(MAX_BODIES_IN_MEMORY)
        self._max_per_address = max_per_address

    @property
    def connections(self) -> list[Channel]:
        """The connections, oldest first."""
        return [one for one in self.sockets.values() if isinstance(one, Channel)]

    def is_crowded(self, host: str) -> bool:
        """Whether a new connection from this address is one too many."""
        others = [one for one in self.connections if not one.crowded]
        of_host = sum(one.addr[0] == host for one in others)
        return len(others) >= MAX_CONNECTIONS or of_host >= self._max_per_address

    def has_place(self) -> bool:
        """Whether one more can be taken, perhaps instead of one that had its time."""
        crowded = self._crowded()
        return len(crowded) < HEALTH_CONNECTIONS or any(_replaceable(crowded))

    def make_place(self) -> None:
        """Closes the oldest that had its time if there is no place for another."""
        crowded = self._crowded()
        if len(crowded) >= HEALTH_CONNECTIONS:
            next(_replaceable(crowded)).abort()

    def _crowded(self) -> list[Channel]:
        return [one for one in self.connections if one.crowded]


def _replaceable(crowded: Iterable[Channel]) -> Iterator[Channel]:
    now = time.monotonic()
    return (one for one in crowded if one.may_be_replaced(now))


class Listener(TcpWSGIServer):
    """One listening socket."""

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        adjustments: Adjustments,
        opened: socket.socket,
        shared: Shared,
    ) -> None:
        """``opened`` is bound and listens already."""
        self.shared = shared
        self._paused_until = 0.0
        self._next_line = 0.0
        super().__init__(
            app,
            shared.sockets,
            _sock=opened,
            dispatcher=shared.dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(opened.family, opened.type, opened.proto, opened.getsockname()),
        )

    def add_task(self, channel: Channel) -> None:
        """Hands the connection's request to a thread; health has one of its own."""
        is_for_health = channel.requests[0].is_for_health
        shared = self.shared
        (shared.health_dispatcher if is_for_health else shared.dispatcher).add_task(channel)

    def set_socket_options(self, conn: socket.socket) -> None:
        super().set_socket_options(conn)
        if TCP_NOTSENT_LOWAT is not None:
            conn.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)

    @property
    def waits(self) -> bool:
        """Whether nothing is accepted now, although something may be waiting."""
        return time.monotonic() < self._paused_until or not self.shared.has_place()

    def readable(self) -> bool:
        return self.accepting and not self.waits

    def handle_accept(self) -> None:
        for _ in range(ACCEPTS_A_TURN):
            if not self._accept_one():
                return

    def accept_all(self) -> None:
        """Accepts what waits now, as far as there is place."""
        while self._accept_one():
            pass

    def _accept_one(self) -> bool:
        """Accepts a connection; false if none waits or none can be taken."""
        if not self.shared.has_place():
            return False
        try:
            pair = self.accept()
        except OSError as error:
            self._paused_until = time.monotonic() + PAUSE_S
            self._warn(f"connections wait, because none can be accepted: {error.strerror}")
            return False
        if pair is None:
            return False
        connection, address = pair
        try:
            self.set_socket_options(connection)
        except OSError:  # The client is gone already, which macOS finds out here.
            connection.close()
            return True
        crowded = self.shared.is_crowded(address[0])
        if crowded:
            self._warn("there are too many connections; on new ones only health is answered")
            self.shared.make_place()
        Channel(self, connection, address, self.adj, map=self._map, crowded=crowded)
        return True

    def _warn(self, text: str) -> None:
        """Logs a warning, but not often."""
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + LOG_INTERVAL_S
            log.warning("%s", text)
