"""A stop that loses nothing: received requests are answered, and uploads in progress are awaited.

waitress' own stop ends the event loop, which cuts off long answers, and drops requests that wait
for a thread. Here the loop goes on turning until nothing is left to do.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
import time

from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from alpr.server.event_loop import EventLoop
from alpr.server.http_channel import Channel

DRAIN_S = 25
"""Seconds that a stop may take after its signal; systemd kills the service after 30."""

TURN_S = 0.1
"""Seconds between two looks at whether something is left to do."""

UPLOAD_PAUSE_S = 1
"""An upload that has paused for this many seconds is no longer awaited."""

HANDSHAKE_S = 0.1
"""Seconds that a connection may need, on a LAN, from its first packet until it can be accepted."""

SO_ATTACH_FILTER = 26
"""Linux' option that lets a socket see only what a program for its packet filter passes."""

NO_SYN = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # load byte 13 of the TCP header, its flags
        (0x45, 0, 1, 0x02),  # SYN among them?
        (0x06, 0, 0, 0),  # yes: drop the packet
        (0x06, 0, 0, 0xFFFFFFFF),  # no: pass it
    )
)
"""Such a program, of linux/filter.h's instructions: nobody connects any more."""


def drain(loop: EventLoop) -> None:
    """Accepts no more connections, answers the ones there are, and stops the threads."""
    deadline = time.monotonic() + DRAIN_S
    _stop_accepting(loop)
    while time.monotonic() < deadline:
        loop.turn(0)  # What has arrived by now is still answered.
        if not any(map(_is_busy, loop.shared.connections)):
            break
        loop.turn(TURN_S)
    for dispatcher in loop.shared.dispatchers:
        _stop_threads(dispatcher, deadline)
    loop.close()


def _stop_threads(dispatcher: ThreadedTaskDispatcher, deadline: float) -> None:
    """As waitress' own shutdown, which measures by the wall clock."""
    dispatcher.set_thread_count(0)
    while dispatcher.threads and time.monotonic() < deadline:
        time.sleep(0.01)


def _stop_accepting(loop: EventLoop) -> None:
    """Closes the listeners without breaking a connection that the kernel has made already.

    Closing a listener breaks what waits to be accepted, and between the last look and the close
    more can come. So the kernel first ignores new clients; they ask again after a second, and find
    the port closed.
    """
    with contextlib.suppress(OSError):  # Not every sandbox allows it.
        for listener in loop.listeners:
            _ignore_new_clients(listener.socket)
    until = time.monotonic() + HANDSHAKE_S
    while (left := until - time.monotonic()) > 0:
        loop.turn(left)
    for listener in loop.listeners:
        listener.accept_all()
        # Not the listener's own close, which also closes the trigger that its connections use.
        wasyncore.dispatcher.close(listener)


def _ignore_new_clients(listening: socket.socket) -> None:
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(NO_SYN, len(NO_SYN))
    described = struct.pack("HP", len(NO_SYN) // struct.calcsize("HBBI"), ctypes.addressof(program))
    listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)


def _is_busy(channel: Channel) -> bool:
    is_sending = channel.request is not None
    return bool(
        channel.requests
        or channel.total_outbufs_len
        or (is_sending and time.monotonic() - channel.last_activity < UPLOAD_PAUSE_S)
    )
