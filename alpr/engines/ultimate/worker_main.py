"""The program inside a worker process: it holds the SDK, takes calls and answers them.

::

    parent -> {"config": {...}, "start_s": 120, "call_s": 30}
    worker -> {"ready": true}                    or {"error": "..."} and exit code 1
    parent -> {"width": 1280, "height": 720}         RGB pixels at offset 0
    worker -> {"ok": true, "code": 0, "phrase": "OK", "json": "..."}  and so on

Messages are JSON on a pipe; pixels are in shared memory. When the parent closes its end, or dies,
the worker ends. This file is run by its path and imports nothing of ours, so a start takes the
SDK's own time and little more.

docs/ultimatealpr.md says what is relied on of the SDK and how it was found out. In short: arguments
are positional, pixels are ``bytes`` (any other type silently becomes a NULL pointer), and the SDK
checks no length.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import mmap
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

MODULE = "ultimateAlprSdk"
BYTES_PER_PIXEL = 3
UPRIGHT = 1
"""EXIF orientation: images are turned before they come here."""
PACKED = 0
"""Stride in samples: rows follow each other without a gap."""
WORKER_FLAG = "--ultimate-worker"
TRY_FLAG = "--try"
LINE_BUFFERED = 1
"""C's ``_IOLBF`` on Linux."""
GRACE_S = 10
"""A hung worker ends itself this long after its time limit, unless the parent has ended it."""
DEINIT_TIMEOUT_S = 1
"""A ``deInit`` that hangs must not hold up the start of the next worker."""


def run_if_asked(arguments: Sequence[str]) -> None:
    """Becomes a worker, and never returns, if the command line says so.

    ``arguments`` are those after the program's name.
    """
    if arguments[:1] == [WORKER_FLAG]:
        serve(*map(int, arguments[1:]))
    if arguments[:1] == [TRY_FLAG]:
        try_out(*arguments[1:])


def serve(pipe: int, memory: int) -> None:
    """Answers the parent at the other end of ``pipe`` until it closes; never returns.

    Both numbers are file descriptors.
    """
    # A terminal's Ctrl-C and a service manager's SIGTERM reach the whole process group at once,
    # but the parent still answers what it has begun. Only the parent decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _line_buffer_native_output()
    channel = Connection(pipe)
    try:
        _answer_calls(channel, memory)
    except EOFError:
        pass
    except (SdkError, ConnectionError) as error:
        _send(channel, {"error": str(error)})
        _exit(1)
    _exit(0)


def _answer_calls(channel: Connection, memory: int) -> None:
    order = json.loads(channel.recv_bytes())
    # The kernel's alarm ends this process even if native code hangs while it holds the GIL and
    # the parent, which would have ended it, is gone.
    signal.alarm(order["start_s"] + GRACE_S)
    sdk = Sdk()
    sdk.start(order["config"])
    signal.alarm(0)
    _send(channel, {"ready": True})
    pixels = _SharedPixels(memory)
    try:
        while True:
            call = json.loads(channel.recv_bytes())
            signal.alarm(order["call_s"] + GRACE_S)
            width, height = call["width"], call["height"]
            answer = sdk.read(pixels.copy(width * height * BYTES_PER_PIXEL), width, height)
            signal.alarm(0)
            _send(channel, answer)
    finally:
        signal.alarm(DEINIT_TIMEOUT_S)
        sdk.stop()


class _SharedPixels:
    """The parent's shared memory, mapped again whenever it has grown."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._map: mmap.mmap | None = None

    def copy(self, size: int) -> bytes:
        """The first ``size`` bytes, as the ``bytes`` that the SDK needs."""
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self._memory, 0, access=mmap.ACCESS_READ)
        return self._map[:size]


def _line_buffer_native_output() -> None:
    """Makes the C library write each line at once: lines in its buffer are lost in a crash."""
    libc = ctypes.CDLL(None)
    stdout = ctypes.c_void_p.in_dll(libc, "stdout")
    libc.setvbuf(stdout, None, LINE_BUFFERED, 0)


def _send(channel: Connection, message: dict[str, Any]) -> None:
    channel.send_bytes(json.dumps(message).encode())


def _exit(code: int) -> None:
    """Ends at once, without the native exit handlers, which have been seen to crash."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class SdkError(Exception):
    """The SDK cannot be used; one line for the parent."""


class Sdk:
    """One engine for the whole life of a process: ``init`` is meant to be called once in it."""

    def __init__(self) -> None:
        try:
            with _imp_module():
                self._sdk: Any = importlib.import_module(MODULE)
        except (ImportError, SystemError) as error:
            raise SdkError(f"cannot be imported: {error}") from error

    def start(self, config: Mapping[str, Any]) -> None:
        """Loads models and warms up, so that the first read is as fast as any other."""
        result = self._sdk.UltAlprSdkEngine_init(json.dumps(config))
        if not result.isOK():
            raise SdkError(f"init was refused with {result.code()}: {result.phrase()}")
        result = self._sdk.UltAlprSdkEngine_warmUp(self._rgb())
        if not result.isOK():
            raise SdkError(f"warmUp failed with {result.code()}: {result.phrase()}")

    def read(self, data: bytes, width: int, height: int) -> dict[str, Any]:
        """One RGB image's answer: ``ok``, ``code``, ``phrase``, and ``json``, a text or None."""
        if len(data) != width * height * BYTES_PER_PIXEL:
            raise SdkError(f"{len(data)} bytes are no RGB image of {width}x{height}")
        result = self._sdk.UltAlprSdkEngine_process(
            self._rgb(), data, width, height, PACKED, UPRIGHT
        )
        return {
            "ok": bool(result.isOK()),
            "code": int(result.code()),
            "phrase": str(result.phrase()),
            "json": result.json(),
        }

    def stop(self) -> None:
        self._sdk.UltAlprSdkEngine_deInit()

    def _rgb(self) -> int:
        return int(self._sdk.ULTALPR_SDK_IMAGE_TYPE_RGB24)


def try_out(assets: str, charset: str) -> None:
    """Starts the engine, reads a grey image, and says whether that works; never returns.

    The set-up script runs this file with ``--try`` before anything else is installed.
    """
    config = {"assets_folder": assets, "charset": charset, "debug_level": "warn"}
    try:
        sdk = Sdk()
        sdk.start({**config, "npu_enabled": False, "trt_enabled": False})
        answer = sdk.read(b"\x80" * (640 * 480 * 3), 640, 480)
        if not answer["ok"]:
            raise SdkError(f"a read failed with {answer['code']}: {answer['phrase']}")
    except SdkError as error:
        print(f"ultimateALPR {error}", file=sys.stderr)
        _exit(1)
    print(f"ultimateALPR is ready, charset {charset}")
    _exit(0)


@contextmanager
def _imp_module() -> Iterator[None]:
    """A substitute for the module ``imp``, which the vendor's file imports and Python 3.12 dropped.

    Its ``find_module`` finds nothing; the vendor's file then imports its extension the plain way.
    """
    if sys.version_info < (3, 12) or "imp" in sys.modules:
        yield
        return
    substitute = ModuleType("imp")

    def find_module(*_: object) -> None:
        raise ImportError("imp is gone since Python 3.12")

    vars(substitute)["find_module"] = find_module
    sys.modules["imp"] = substitute
    try:
        yield
    finally:
        del sys.modules["imp"]


if __name__ == "__main__":
    # Python puts a program's folder first; the SDK must not find our modules in place of its own.
    del sys.path[0]
    run_if_asked(sys.argv[1:])
