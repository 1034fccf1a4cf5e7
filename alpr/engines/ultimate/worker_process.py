"""The parent's handle of one worker process; the program inside is ``worker_main.py``."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import IO, Any, cast

from alpr.engines.ultimate import diagnosis, worker_main
from alpr.engines.ultimate.error_streak import ErrorStreak
from alpr.engines.ultimate.native_output import NativeOutput
from alpr.engines.ultimate.pixels import Pixels, SharedMemory
from alpr.errors import EngineError
from alpr.folders import bundle_folder

log = logging.getLogger(__name__)

EXIT_TIMEOUT_S = 5
"""How long a worker may take to end when it is asked to, before it is killed."""


class WorkerError(EngineError):
    """A worker that failed and must be replaced; one line, with its last native lines."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a worker is started with.

    ``sdk`` is the SDK's configuration, complete and checked. ``secrets`` are texts to mask in what
    it prints.
    """

    sdk: Mapping[str, Any]
    start_timeout_s: int
    call_timeout_s: int
    secrets: Sequence[str] = ()


class WorkerProcess:
    """A process with an engine in it. One thread at a time may ``start`` or ``call`` it.

    ``kill`` is allowed from any thread at any time; a thread that waits for an answer then sees
    the process end.
    """

    def __init__(self, config: WorkerConfig, on_end: Callable[[], None] = lambda: None) -> None:
        """``on_end`` is called on another thread once the process has ended.

        Raises :class:`WorkerError` if the system has no descriptors, memory or threads left.
        """
        self._config = config
        self._is_killed = False
        self._started_at = time.monotonic()
        self._start_s = self._busy_s = 0.0
        self.calls = 0
        self.errors = ErrorStreak()
        self.is_suspect = False
        """It gave the same error for many images, and should be replaced."""
        self.is_refusing = False
        """Every read is likely to fail."""
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
                self._output = self._listen(on_end)
                undo.pop_all()
        except (OSError, RuntimeError) as error:
            raise WorkerError(f"no worker process could be started: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_reason(self) -> str:
        """How the process ended, in words; empty while it runs."""
        code = self._process.poll()
        return "" if code is None else diagnosis.exit_reason(code)

    @property
    def age_s(self) -> float:
        return time.monotonic() - self._started_at

    @property
    def calls_per_start(self) -> float:
        """How many calls, at their mean length so far, take as long as its start took."""
        return self._start_s * self.calls / self._busy_s if self._busy_s else 0.0

    def start(self) -> None:
        """Waits until the engine is warm. Raises :class:`WorkerError`; the process is then dead."""
        config = self._config
        message = {
            "config": config.sdk,
            "start_s": config.start_timeout_s,
            "call_s": config.call_timeout_s,
        }
        answer = self._ask(message, config.start_timeout_s)
        self._start_s = self.age_s
        if answer.get("ready") is not True:
            raise self._failure(str(answer.get("error", "answered garbage at its start")))
        self._output.mark()

    def call(self, pixels: Pixels) -> dict[str, Any]:
        """The SDK's answer: ``ok``, ``code``, ``phrase``, and ``json``, a text or None.

        Raises :class:`WorkerError`; the process is then dead.
        """
        self.calls += 1
        try:
            self._memory.put(pixels.data)
        except OSError as error:
            raise self._failure(f"has no memory for the image: {error.strerror}") from error
        message = {"width": pixels.width, "height": pixels.height}
        began = time.monotonic()
        answer = self._ask(message, self._config.call_timeout_s)
        self._busy_s += time.monotonic() - began
        if not isinstance(answer.get("ok"), bool) or "phrase" not in answer:
            raise self._failure(str(answer.get("error", "answered garbage")))
        return answer

    def native_lines(self) -> list[str]:
        """The last lines that the native libraries printed since the start was done."""
        return self._output.lines_since_mark()

    def kill(self) -> None:
        self._is_killed = True
        self._process.kill()

    def close(self) -> None:
        """Ends the process, by closing its pipe first, and releases all that it held."""
        self._channel.close()
        try:
            self._process.wait(EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.wait(EXIT_TIMEOUT_S)
        self._memory.close()

    def _spawn(self, pipe: int) -> subprocess.Popen[bytes]:
        numbers = [str(pipe), str(self._memory.descriptor)]
        frozen = getattr(sys, "frozen", False)
        program = [] if frozen else [worker_main.__file__]
        return subprocess.Popen(  # noqa: S603 - our own program and two numbers
            [sys.executable, *program, worker_main.WORKER_FLAG, *numbers],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(pipe, self._memory.descriptor),
            env=_environment(),
        )

    def _listen(self, on_end: Callable[[], None]) -> NativeOutput:
        def ended() -> None:
            self._process.wait()
            on_end()

        stream = cast(IO[bytes], self._process.stdout)
        return NativeOutput(stream, self._config.secrets, ended)

    def _ask(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            self._channel.send_bytes(json.dumps(message).encode())
            if not self._channel.poll(timeout_s):
                raise self._failure(f"took longer than {timeout_s} s")
            answer = json.loads(self._channel.recv_bytes())
        except (EOFError, OSError):
            raise self._failure(self._how_it_ended()) from None
        except ValueError:
            raise self._failure("answered garbage") from None
        if not isinstance(answer, dict):
            raise self._failure("answered garbage")
        return answer

    def _how_it_ended(self) -> str:
        try:
            return diagnosis.exit_reason(self._process.wait(EXIT_TIMEOUT_S))
        except subprocess.TimeoutExpired:
            return "closed its pipe"

    def _failure(self, what: str) -> WorkerError:
        """Kills the process, if it still runs, and tells what happened in one line."""
        self._process.kill()
        self._process.wait()
        self._output.wait(EXIT_TIMEOUT_S)
        lines = self._output.lines()
        if lines and not self._is_killed:
            log.warning("ultimateALPR worker %d %s; %s", self.pid, what, " | ".join(lines))
        story = diagnosis.story(what, lines, self._output.lines_since_mark())
        return WorkerError(f"ultimateALPR {story}")


def _environment() -> dict[str, str]:
    """The parent's, with the folders of the SDK's libraries and of Python's modules added.

    The dynamic linker reads LD_LIBRARY_PATH once, when a process starts.
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
