"""The process that the SDK lives in: reads orders from a pipe, pixels from shared memory.

::

    parent -> {"config": {...}, "image_types": [...], "start_s": 120, "call_s": 30}
    worker -> {"ready": true}                    or {"error": "..."} and exit code 1
    parent -> {"type": "RGB24", "width": 1280, "height": 720}         pixels at offset 0
    worker -> {"ok": true, "code": 0, "phrase": "OK", "json": "..."}  and so on

Messages are JSON. When the parent closes its end, or dies, the worker goes too. It imports nothing
of the web server, so that a start costs the SDK's own time and little else.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from alpr.engines.ultimate.sdk import CHANNELS, Sdk, SdkError

FLAG = "--ultimate-worker"
LINE_BUFFERED = 1
"""C's ``_IOLBF`` on Linux."""
GRACE_S = 10
"""How long after its time-out a hung worker ends by itself, if the parent has not ended it."""


def run_if_asked(arguments: Sequence[str]) -> None:
    """Becomes a worker, and never returns, if the command line says so.

    A frozen program is its own Python: it starts its workers by this flag, so this must be the
    first thing that its ``main`` does. ``arguments`` are those after the program's name.
    """
    if arguments[:1] == [FLAG]:
        serve(*map(int, arguments[1:]))


def serve(pipe: int, memory: int) -> None:
    """Works for the parent at the other end of ``pipe`` until it closes; never returns."""
    # A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group at once, but the
    # parent still answers what it has begun: it alone decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _let_go_of_native_lines()
    channel = Connection(pipe)
    try:
        _work(channel, memory)
    except EOFError:
        pass
    except (SdkError, ConnectionError) as error:
        _say(channel, {"error": str(error)})
        _leave(1)
    _leave(0)


def _work(channel: Connection, memory: int) -> None:
    order = json.loads(channel.recv_bytes())
    signal.alarm(order["start_s"] + GRACE_S)
    sdk = Sdk()
    sdk.start(order["config"], order["image_types"])
    signal.alarm(0)
    _say(channel, {"ready": True})
    pixels = _Pixels(memory)
    try:
        while True:
            call = json.loads(channel.recv_bytes())
            # The kernel's alarm ends this process even where native code hangs with the GIL held
            # and the parent, which would have ended it, is gone.
            signal.alarm(order["call_s"] + GRACE_S)
            data = pixels.take(call["width"] * call["height"] * CHANNELS[call["type"]])
            answer = sdk.read(call["type"], data, call["width"], call["height"])
            signal.alarm(0)
            _say(channel, answer)
    finally:
        signal.alarm(GRACE_S)
        sdk.stop()


class _Pixels:
    """The parent's shared memory, mapped again whenever it has grown."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._map: mmap.mmap | None = None

    def take(self, size: int) -> bytes:
        """The first ``size`` bytes, as a copy of our own: the SDK takes nothing but ``bytes``."""
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self._memory, 0, access=mmap.ACCESS_READ)
        return self._map[:size]


def _let_go_of_native_lines() -> None:
    """Has the C library write each line at once: those it holds back are lost in a crash."""
    libc = ctypes.CDLL(None)
    stdout = ctypes.c_void_p.in_dll(libc, "stdout")
    libc.setvbuf(stdout, None, LINE_BUFFERED, 0)


def _say(channel: Connection, message: dict[str, Any]) -> None:
    channel.send_bytes(json.dumps(message).encode())


def _leave(code: int) -> None:
    """Ends at once: native exit handlers have been seen to crash, and nobody needs them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run_if_asked(sys.argv[1:])
