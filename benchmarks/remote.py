"""A contender in a process of its own, called over a pipe.

Each contender has its own libraries, threads and memory. One that crashes or hangs becomes a note
in the report and does not end the run.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, NamedTuple

from alpr import images
from alpr.errors import AlprError
from alpr.plates import Plate
from benchmarks.contenders import CONTENDERS, SETTINGS, read_file, read_image
from benchmarks.notes import PeerError
from benchmarks.scoring import Reading
from benchmarks.timing import Result, timed

OPEN_TIMEOUT_S, READ_TIMEOUT_S, EXIT_TIMEOUT_S = 120, 60, 5
SPAWN = multiprocessing.get_context("spawn")

Way = Literal["file", "image"]
"""From the file, including its decoding, or from the decoded image."""

FROM_FILE: tuple[Way, ...] = ("file",)


class Answer(NamedTuple):
    """The plates, and the milliseconds that each way took."""

    readings: list[Reading]
    ms: dict[Way, float]


class Child:
    """A new process that runs ``work(pipe, *arguments)``; must be closed."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._pipe, end = SPAWN.Pipe()
        self._process = SPAWN.Process(target=work, args=(end, *arguments))
        self._process.start()
        end.close()

    def send(self, message: Any) -> None:
        try:
            self._pipe.send(message)
        except OSError as error:
            raise PeerError("its process ended") from error

    def receive(self, timeout_s: float) -> Any:
        """The next message. Raises :class:`PeerError` on a timeout or an error of the process."""
        if not self._pipe.poll(timeout_s):
            raise PeerError(f"no answer within {timeout_s:.0f} s")
        try:
            message = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise PeerError("its process ended") from error
        if isinstance(message, AlprError):
            raise PeerError(str(message))
        return message

    def close(self) -> None:
        self._pipe.close()
        self._process.join(EXIT_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class Remote:
    """A contender, opened for a folder until it is closed. Raises :class:`PeerError`."""

    def __init__(self, name: str, folder: str) -> None:
        self._child = Child(_serve, name, folder)
        try:
            self._child.receive(OPEN_TIMEOUT_S)
        except PeerError:
            self.close()
            raise

    def read(self, path: Path, ways: Sequence[Way] = FROM_FILE) -> Answer:
        """Reads the file each way in turn; the first way has the colder caches."""
        self._child.send((path, ways))
        answer: Answer = self._child.receive(READ_TIMEOUT_S)
        return answer

    def close(self) -> None:
        self._child.close()


def _serve(pipe: Connection, name: str, folder: str) -> None:
    """Answers paths until the pipe is closed; a bug ends the process with its traceback."""
    images.prepare(SETTINGS.image_limits)
    engine = CONTENDERS[name].open(folder)
    try:
        engine.warm_up()
        pipe.send("ready")
        while True:
            path, ways = pipe.recv()
            image = images.decode(path.read_bytes(), SETTINGS.image_limits)
            work: dict[Way, Callable[[], tuple[Plate, ...]]] = {
                "file": partial(read_file, engine, path),
                "image": partial(read_image, engine, image),
            }
            done = {way: timed(work[way]) for way in ways}
            readings = [Reading(plate.text, plate.box.corners) for plate in done[ways[0]][0]]
            pipe.send(Answer(readings, {way: ms for way, (_, ms) in done.items()}))
    except EOFError:
        engine.close()
    except AlprError as error:
        pipe.send(error)


def in_fresh_process(work: Callable[..., Result], *arguments: Any) -> Result:
    """The result of a module-level function in a new process. Raises :class:`PeerError`."""
    with closing(Child(_send, work, arguments)) as child:
        result: Result = child.receive(OPEN_TIMEOUT_S)
        return result


def _send(pipe: Connection, work: Callable[..., Any], arguments: Sequence[Any]) -> None:
    try:
        pipe.send(work(*arguments))
    except AlprError as error:
        pipe.send(error)
