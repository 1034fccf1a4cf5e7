"""One worker process, seen from the parent."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import IO, Any, cast

from alpr.engines.ultimate import diagnosis, worker
from alpr.engines.ultimate.pixels import Pixels, SharedMemory
from alpr.errors import EngineError
from alpr.folders import bundle_folder

log = logging.getLogger(__name__)

LAST_WORDS = 8192
"""Bytes kept of what the native libraries print."""
LINES_TOLD = 3
FAREWELL_S = 5
"""How long a worker may take to end when it is asked to, before it is killed."""


class WorkerError(EngineError):
    """A worker that failed and has to be replaced; one line, with its last native lines."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is started with; ``config`` is the SDK's, complete and checked."""

    config: Mapping[str, Any]
    image_types: Sequence[str]
    start_timeout_s: int
    call_timeout_s: int
    secrets: Sequence[str] = ()


class Worker:
    """A process with an engine in it. One thread at a time may ``start`` or ``call`` it.

    ``kill`` is allowed from any thread at any time: the one that waits sees the process end.
    """

    def __init__(self, order: Order, on_end: Callable[[], None] = lambda: None) -> None:
        """``on_end`` is called, from a thread of the worker's own, once the process has ended."""
        self._order = order
        self._on_end = on_end
        self._last_words = b""
        self._unwanted = False
        self.calls = 0
        self._start_s = self._busy_s = 0.0
        self.born = time.monotonic()
        try:
            with ExitStack() as undo:
                self._memory = SharedMemory()
                undo.callback(self._memory.close)
                self._channel, theirs = Pipe()
                undo.callback(self._channel.close)
                with theirs:
                    self._process = self._spawn(theirs.fileno())
                undo.callback(self._process.wait)
                undo.callback(self._process.kill)
                self._listener = threading.Thread(
                    target=self._listen, name="ultimate-log", daemon=True
                )
                self._listener.start()
                undo.pop_all()
        except (OSError, RuntimeError) as error:  # No descriptors, no memory, no threads left.
            raise WorkerError(f"no worker process could be started: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ending(self) -> str:
        """How the process ended, in words, or an empty text while it lives."""
        code = self._process.poll()
        return "" if code is None else diagnosis.ending(code)

    def _spawn(self, pipe: int) -> subprocess.Popen[bytes]:
        numbers = [str(pipe), str(self._memory.descriptor)]
        frozen = getattr(sys, "frozen", False)
        program = [] if frozen else [worker.__file__]
        return subprocess.Popen(  # noqa: S603 - our own program and two numbers
            [sys.executable, *program, worker.FLAG, *numbers],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(pipe, self._memory.descriptor),
            env=_environment(),
        )

    @property
    def calls_in_a_start(self) -> float:
        """How many calls fit into the time that its start took, as its calls have been so far."""
        return self._start_s * self.calls / self._busy_s if self._busy_s else 0.0

    def start(self) -> None:
        """Waits until the engine is warm. Raises :class:`WorkerError`, and is then dead."""
        order = self._order
        message = {
            "config": order.config,
            "image_types": list(order.image_types),
            "start_s": order.start_timeout_s,
            "call_s": order.call_timeout_s,
        }
        answer = self._ask(message, order.start_timeout_s)
        self._start_s = time.monotonic() - self.born
        if answer.get("ready") is not True:
            raise self._fault(str(answer.get("error", "answered garbage at its start")))

    def call(self, pixels: Pixels) -> dict[str, Any]:
        """The SDK's answer: ``ok``, ``code``, ``phrase``, and ``json``, a text or None.

        Raises :class:`WorkerError`, and is then dead.
        """
        self.calls += 1
        try:
            self._memory.put(pixels.data)
        except OSError as error:
            raise self._fault(f"has no memory for the image: {error.strerror}") from error
        message = {"type": pixels.kind, "width": pixels.width, "height": pixels.height}
        began = time.monotonic()
        answer = self._ask(message, self._order.call_timeout_s)
        self._busy_s += time.monotonic() - began
        if not isinstance(answer.get("ok"), bool) or "phrase" not in answer:
            raise self._fault(str(answer.get("error", "answered garbage")))
        return answer

    def native_lines(self) -> str:
        """The last that the native libraries printed, secrets masked."""
        text = self._last_words.decode(errors="replace")
        for secret in self._order.secrets:
            text = text.replace(secret, "…")
        return text

    def kill(self) -> None:
        self._unwanted = True
        self._process.kill()

    def close(self) -> None:
        """Ends the process, kindly if it still listens, and gives back all it held."""
        self._channel.close()
        try:
            self._process.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(FAREWELL_S)
        self._memory.close()

    def _ask(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            self._channel.send_bytes(json.dumps(message).encode())
            if not self._channel.poll(timeout_s):
                raise self._fault(f"took longer than {timeout_s} s")
            answer = json.loads(self._channel.recv_bytes())
        except (EOFError, OSError):
            raise self._fault("") from None
        except ValueError:
            raise self._fault("answered garbage") from None
        if not isinstance(answer, dict):
            raise self._fault("answered garbage")
        return answer

    def _fault(self, what: str) -> WorkerError:
        """Kills the process, if it is not dead already, and tells the story in one line."""
        if not what:
            try:
                what = diagnosis.ending(self._process.wait(FAREWELL_S))
            except subprocess.TimeoutExpired:
                what = "closed its pipe"
        self._process.kill()
        self._process.wait()
        self._listener.join(FAREWELL_S)
        lines = [line for line in self.native_lines().splitlines() if _is_told(line)]
        if lines and not self._unwanted:
            log.warning("ultimateALPR worker %d %s; %s", self.pid, what, " | ".join(lines))
        said = " | ".join(lines[-LINES_TOLD:])
        advice = diagnosis.explain(f"{what} {said}")
        story = f"{what}, last lines: {said}" if said else what
        story = diagnosis.without_folders(story) + (f" ({advice})" if advice else "")
        return WorkerError(f"ultimateALPR {story}")

    def _listen(self) -> None:
        with cast(IO[bytes], self._process.stdout) as stream:
            while chunk := os.read(stream.fileno(), LAST_WORDS):
                self._last_words = (self._last_words + chunk)[-LAST_WORDS:]
        self._process.wait()
        self._on_end()


def _is_told(line: str) -> bool:
    """Whether a native line may be shown: a traceback, but for its last line, is not."""
    return bool(line.strip()) and not line.startswith((" ", "\t", "Traceback"))


def _environment() -> dict[str, str]:
    """The parent's, with the folders of the SDK's libraries added, and where Python finds modules.

    The dynamic linker reads LD_LIBRARY_PATH once, when a process starts: this is the moment.
    """
    bundle = bundle_folder()
    libraries = [str(bundle / "libs"), os.environ.get("LD_LIBRARY_PATH", "")]
    if getattr(sys, "frozen", False):  # PyInstaller's bundles hold libraries at their root.
        libraries.insert(1, str(bundle))
    return {
        **os.environ,
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
