"""The service's handle of the limited process; the program inside is ``decode_worker.py``."""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alpr.errors import BusyError, EngineError, ImageError
from alpr.images import decode_worker, pixel_file
from alpr.images.decode_worker import MAX_MESSAGE_BYTES, REFUSALS, STOP_SIGNALS, Allowance
from alpr.images.decoding import Decoded
from alpr.settings.limits import ImageLimits

START_TIMEOUT_S = 30
WAIT_S = 10
"""Seconds that an image waits for those before it."""
DECODE_TIMEOUT_S = 60
"""Seconds until an image is given up, whatever the process does; its CPU time ends before that
unless the machine is overloaded."""
EXIT_TIMEOUT_S = 5

log = logging.getLogger(__name__)


class DecodeProcess:
    """Decodes one image at a time in a process that is started when there is one.

    An image that ends the process is refused, and the next one gets a new process. Safe to use from
    many threads.
    """

    def __init__(
        self, allow: Callable[[ImageLimits], Allowance] = Allowance.of, wait_s: float = WAIT_S
    ) -> None:
        """``allow`` says what an image may take, and ``wait_s`` how long it waits for its turn."""
        self._allow = allow
        self._wait_s = wait_s
        self._turn = threading.Lock()
        self._running: _Worker | None = None
        atexit.register(self.close)

    def decode(self, data: bytes, limits: ImageLimits) -> Decoded:
        """As :func:`alpr.images.decoding.decode`, under limits.

        Raises :class:`RequestError`; :class:`BusyError` if images before it take too long; and
        :class:`EngineError` if the process cannot be started.
        """
        if not self._turn.acquire(timeout=self._wait_s):
            raise BusyError("too many large or unusual images at once; try again in a moment")
        try:
            return self._decode(data, limits)
        except OSError as error:  # No descriptors, memory or processes are left.
            raise EngineError(f"images cannot be decoded now: {error.strerror}") from error
        finally:
            self._turn.release()

    def close(self) -> None:
        """Ends the process, and refuses the image that it decodes; the next one starts another."""
        running = self._running
        if running is None:
            return
        running.kill()
        if self._turn.acquire(timeout=EXIT_TIMEOUT_S):  # Its image no longer waits for an answer.
            running.stop()
            self._turn.release()

    def _decode(self, data: bytes, limits: ImageLimits) -> Decoded:
        order = {"limits": asdict(limits), "allowance": asdict(self._allow(limits))}
        message = json.dumps(order).encode()
        upload = pixel_file.with_bytes(data)
        try:
            answer, pixels = self._ask(message, upload)
        finally:
            os.close(upload)
        try:
            if refusal := REFUSALS.get(answer.get("error", "")):
                raise refusal(answer["message"])
            width, height = answer["size"]
            image = pixel_file.image_over(pixels[0], (width, height))
            return Decoded(image, answer["is_truncated"])
        finally:
            for descriptor in pixels:
                os.close(descriptor)

    def _ask(self, message: bytes, upload: int) -> tuple[dict[str, Any], list[int]]:
        """The answer to a message, and the descriptor of the pixels, if there are any."""
        for _ in range(2):
            if self._running is None or self._running.has_ended:
                self._running = _Worker()
            answer, pixels = self._running.ask(message, upload)
            if answer:
                return json.loads(answer), pixels
            code, self._running = self._running.wait(), None
            if code:
                raise _failure(code)
            # It had no work for long, and ended just before it was asked.
        raise EngineError("the process that decodes images ends at once")


class _Worker:
    """A process that has said that it is ready, and the socket to it."""

    def __init__(self) -> None:
        """Raises :class:`EngineError`."""
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, ExitStack() as undo:
            undo.callback(self._channel.close)
            self._process = _spawn(theirs.fileno())
            undo.pop_all()
        self._channel.settimeout(START_TIMEOUT_S)
        if not self._receive()[0]:
            self.stop()
            raise EngineError("the process that decodes images does not start; see the log")
        self._channel.settimeout(DECODE_TIMEOUT_S)

    @property
    def has_ended(self) -> bool:
        if self._process.poll() is None:
            return False
        self._channel.close()
        return True

    def ask(self, message: bytes, upload: int) -> tuple[bytes, list[int]]:
        """The answer and the descriptors that came with it; empty if the process has ended."""
        try:
            socket.send_fds(self._channel, [message], [upload])
        except ConnectionError:
            return b"", []
        return self._receive()

    def wait(self) -> int:
        """The exit code of a process that ends by itself, or by :meth:`stop`."""
        try:
            return self._process.wait(EXIT_TIMEOUT_S)
        finally:
            self.stop()

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        self.kill()
        self._process.wait()
        self._channel.close()

    def _receive(self) -> tuple[bytes, list[int]]:
        try:
            answer, descriptors, _, _ = socket.recv_fds(self._channel, MAX_MESSAGE_BYTES, 1)
        except TimeoutError:
            self._process.kill()
        except ConnectionError:
            pass
        else:
            return answer, descriptors
        return b"", []


def _spawn(descriptor: int) -> subprocess.Popen[bytes]:
    # A service manager sends SIGTERM to all processes, also to one that is just starting and cannot
    # ignore it yet. A process inherits what the thread that starts it holds back.
    held_back = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        return _start(descriptor)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)


def _start(descriptor: int) -> subprocess.Popen[bytes]:
    program = [] if getattr(sys, "frozen", False) else [decode_worker.__file__]
    ours = str(Path(decode_worker.__file__).parents[2])
    return subprocess.Popen(  # noqa: S603 - our own program and a number
        [sys.executable, *program, decode_worker.WORKER_FLAG, str(descriptor)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [ours, *sys.path])),
            # NumPy's threads would reserve memory for nothing.
            "OPENBLAS_NUM_THREADS": "1",
        },
    )


def _failure(code: int) -> Exception:
    """What an image did to the process that was to decode it."""
    if code > 0:
        return RuntimeError("the process that decodes images failed; its traceback is in the log")
    name = signal.Signals(-code).name
    log.warning("an image ended the process that decodes images: %s", name)
    if name in ("SIGPROF", "SIGKILL"):
        return ImageError("the image takes too much time or memory to decode")
    return ImageError(f"the image is damaged: its decoder ended with {name}")
