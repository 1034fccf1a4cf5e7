"""One connection: requests are taken one after another, and none may take for ever.

A connection is in one of these states, and is closed when it stays too long in it:

=========  =============================================  ==========================================
state      what happens                                   how long
=========  =============================================  ==========================================
idle       nothing has come of a next request             IDLE_TIMEOUT_S
receiving  a request is arriving                          IDLE_TIMEOUT_S silent, RECEIVE_TIMEOUT_S
working    the application has the request                as long as it takes
sending    an answer waits for the client to take it      STALL_TIMEOUT_S untaken, SEND_TIMEOUT_S
lingering  after a refusal what still comes is discarded  LINGER_S
=========  =============================================  ==========================================

Nothing is read while working or sending, so a client that asks without listening is not heard.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from typing import Any

from waitress.channel import HTTPChannel

from alpr.server.http_parser import Parser
from alpr.server.http_task import RefusalTask, Task

IDLE_TIMEOUT_S = 30
"""Seconds that a connection may be silent, within a request or between two."""

RECEIVE_TIMEOUT_S = 120
"""Seconds that a request may take to arrive, however slowly it trickles: 20 MB at 1.4 Mbit/s."""

STALL_TIMEOUT_S = 20
"""Seconds in which a client must take at least a byte of its answer."""

SEND_TIMEOUT_S = 120
"""Seconds in which a client must take a whole answer."""

LINGER_S = 2
"""Seconds in which a refused client may read the refusal; a close with unread bytes would break the
connection and could lose it."""

CROWDED_SILENCE_S = 0.1
"""Seconds after which a crowded connection may be replaced that has sent nothing, or that lingers
and sends no more."""

CROWDED_S = 0.5
"""Seconds after which a crowded connection may be replaced, whatever it sends. Health needs a few
milliseconds."""

RECEIVE_BYTES = 8 * 1024
"""Bytes taken from a socket at a time, where it is not known that a body goes on."""

BODY_RECEIVE_BYTES = 256 * 1024
"""Bytes taken at a time of a body, or of a chunk, that has as many. With waitress' 8 kB an image
cost twenty turns of the event loop."""

CHUNKED_RECEIVE_BYTES = 2 * 1024
"""Bytes taken at a time where chunks begin. One-byte chunks take 2 us each, and all other clients
wait meanwhile."""

ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER's value with which closing drops what the kernel has not sent yet."""


class Channel(HTTPChannel):
    """One connection; ``crowded`` if it is one too many, which only health may use.

    ``lingers`` is set where a request was refused that may still be arriving. ``held_bytes`` is the
    memory of its answer until all of it is sent.
    """

    parser_class = Parser
    task_class = Task
    error_task_class = RefusalTask
    request: Parser | None = None
    sent_continue = False

    def __init__(self, *arguments: Any, crowded: bool = False, **options: Any) -> None:
        self.crowded = crowded
        self.lingers = False
        self.held_bytes = 0
        self._accepted = self._since = time.monotonic()
        self._linger_until = 0.0
        self._unparsed = b""
        super().__init__(*arguments, **options)

    @property
    def last_activity(self) -> float:
        """When bytes were last received or sent, by the monotonic clock."""
        return self._last_activity

    @last_activity.setter
    def last_activity(self, _: float) -> None:
        # waitress sets the wall clock's time, which jumps when the clock is set.
        self._last_activity = time.monotonic()

    # What the event loop asks and does.

    def readable(self) -> bool:
        if self._linger_until:
            return not self.will_close
        return not self._unparsed and bool(super().readable())

    def writable(self) -> bool:
        return self._may_parse or bool(super().writable())

    @property
    def _may_parse(self) -> bool:
        """Whether the next request can be taken from what came with the last one."""
        waits = self.requests or self.total_outbufs_len or self.close_when_flushed
        return bool(self._unparsed) and self.connected and not waits

    def recv(self, _: int) -> bytes:
        return bytes(super().recv(self._receive_bytes()))

    def _receive_bytes(self) -> int:
        if self._linger_until:
            return BODY_RECEIVE_BYTES
        if self.request is None:
            return RECEIVE_BYTES
        least = CHUNKED_RECEIVE_BYTES if self.request.chunked else RECEIVE_BYTES
        return max(least, min(self.request.expected, BODY_RECEIVE_BYTES))

    def handle_write(self) -> None:
        if self.lingers and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if not self.total_outbufs_len and self.connected:
                self._linger()
            return
        super().handle_write()
        if self._may_parse:
            self.received(b"")

    def _linger(self) -> None:
        """Ends the answer, and waits for the client to have read it."""
        self.close_when_flushed = self.lingers = False
        self._unparsed = b""
        self._linger_until = time.monotonic() + LINGER_S
        with contextlib.suppress(OSError):  # It is gone already, which the next read finds out.
            self.socket.shutdown(socket.SHUT_WR)

    def handle_close(self) -> None:
        if self.request is not None:
            self.request.close()
            self.request = None
        self._unparsed = b""
        super().handle_close()

    # A request's way in.

    def received(self, data: bytes) -> bool:
        """Takes bytes from the client, and hands on a request that is whole with them."""
        with self.requests_lock:
            if self.will_close or self.close_when_flushed or self._linger_until:
                return False
            self._unparsed += data
            while self._unparsed and not self.requests:
                self._parse()
        return True

    def _parse(self) -> None:
        """Gives the current request what has come of it, or begins one."""
        if self.request is None:
            self._unparsed = self._unparsed.lstrip(b"\r\n")  # Some clients end a body with them.
            if not self._unparsed:
                return
            self.request = Parser(self.adj)
            self.request.crowded, self.request.budget = self.crowded, self.server.shared.body_budget
            self._since = time.monotonic()
        request = self.request
        self._unparsed = self._unparsed[request.received(self._unparsed) :]
        if not request.completed:
            if request.expect_continue and request.headers_finished and not self.sent_continue:
                self.send_continue()
            return
        self.request, self.sent_continue = None, False
        self.requests.append(request)
        self.server.add_task(self)

    # An answer's way out.

    def write_soon(self, data: Any) -> int:
        self._since = time.monotonic()
        self.held_bytes = len(data) + (self.held_bytes if self.total_outbufs_len else 0)
        return int(super().write_soon(data))

    # Time.

    def is_overdue(self, now: float) -> bool:
        """Whether the connection is to be closed; ``now`` is by the monotonic clock."""
        silent_s, spent_s = now - self.last_activity, now - self._since
        if self._linger_until:
            return now > self._linger_until
        if self.requests:
            return False
        if self.total_outbufs_len or self._unparsed:
            return silent_s > STALL_TIMEOUT_S or spent_s > SEND_TIMEOUT_S
        if silent_s > IDLE_TIMEOUT_S:
            return True
        return self.request is not None and spent_s > RECEIVE_TIMEOUT_S

    def may_be_replaced(self, now: float) -> bool:
        """Whether this crowded connection had its time; ``now`` is by the monotonic clock."""
        if self.requests:
            return False
        has_more = self.request or self._unparsed or self.total_outbufs_len
        if not has_more and now - self.last_activity > CROWDED_SILENCE_S:
            return True
        return now - self._accepted > CROWDED_S

    def abort(self) -> None:
        """Closes the connection and drops what the client has not taken."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.handle_close()
