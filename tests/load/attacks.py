"""Clients that mean harm: each takes as much of the service as it can with a few bytes."""

from __future__ import annotations

import contextlib
import socket
import statistics
import threading
import time
from collections.abc import Iterator

from testkit.wire_client import raw_request

LIVE = raw_request("GET /livez HTTP/1.1", [("Host", "a"), ("Connection", "close")])
POST = b"POST /v1/vision/alpr HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
UNANSWERED_S = 5.0
"""What a request for health counts as that is not answered by then."""


def connect(port: int, receive_buffer: int = 0) -> socket.socket:
    wire = socket.socket()
    wire.settimeout(UNANSWERED_S)
    if receive_buffer:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    wire.connect(("127.0.0.1", port))
    return wire


@contextlib.contextmanager
def opened(port: int, count: int, sent: bytes = b"", receive_buffer: int = 0) -> Iterator[None]:
    """``count`` connections, on each of which the same is sent and nothing read."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            wire = stack.enter_context(connect(port, receive_buffer))
            with contextlib.suppress(OSError):
                wire.sendall(sent)
        yield


@contextlib.contextmanager
def trickling(port: int, count: int, sent: bytes) -> Iterator[None]:
    """``count`` connections that send a byte of this every 50 ms, and are not made again."""
    stopped = threading.Event()

    def send(wires: list[socket.socket]) -> None:
        for byte in sent:
            for wire in wires:
                with contextlib.suppress(OSError):
                    wire.send(bytes([byte]))
            if stopped.wait(0.05):
                return

    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(connect(port)) for _ in range(count)]
        thread = threading.Thread(target=send, args=(wires,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(stopped.set)
        yield


@contextlib.contextmanager
def flooding(port: int, count: int, start: bytes, again: bytes) -> Iterator[None]:
    """``count`` clients that send ``start``, then ``again`` and again, and reconnect if refused."""
    stopped = threading.Event()

    def send() -> None:
        while not stopped.is_set():
            with contextlib.suppress(OSError), connect(port) as wire:
                wire.sendall(start)
                while not stopped.is_set() and again:
                    wire.sendall(again)
                wire.recv(1000)

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join(2 * UNANSWERED_S)


def seconds_to_answer(port: int) -> float:
    """How long health takes to answer, on a connection of its own."""
    began = time.perf_counter()
    try:
        with connect(port) as wire:
            wire.sendall(LIVE)
            answered = wire.recv(1000).startswith(b"HTTP/1.1 200 ")
    except OSError:
        answered = False
    return time.perf_counter() - began if answered else UNANSWERED_S


def median_to_answer(port: int, tries: int = 9) -> float:
    return statistics.median(seconds_to_answer(port) for _ in range(tries))
