"""Images of an archive, one by one: found, read, and no more than a few held at a time."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alpr import grid, images
from alpr.engines.base import Engine
from alpr.errors import EngineError, ImageError, RequestError, TooLargeError
from alpr.grid import Grid
from alpr.settings import Settings
from alpr.wire import codeproject
from alpr.wire.codeproject import Timing

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".gif"),
    *(".tif", ".tiff", ".avif"),
)
"""What is read of a folder; a file that is named itself is read whatever it is called."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one image: ``body`` is the answer that a client would have had.

    ``is_final`` says that another try would end the same way: not so where the engine failed.
    """

    file: str
    body: dict[str, Any]
    is_final: bool = True

    @property
    def error(self) -> str:
        return str(self.body.get("error", ""))


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """The files named and the images below the folders named, each folder in order of names.

    What a name with a leading dot holds is left out, and links to folders are not followed.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _images_below(path)
        else:
            yield path


def _images_below(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield folder  # Reading it fails with the same reason, which is then reported.
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _images_below(entry.path)
        elif entry.name.lower().endswith(SUFFIXES):
            yield entry.path


def in_turn(work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """``work`` done on each item by ``jobs`` threads; results in the items' order.

    Twice as many items as threads are taken ahead, and no more.
    """
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="read")
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= 2 * jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class Reader:
    """Reads files with an engine; may be asked by several threads at once."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._image_limits = settings.image_limits
        self._max_body_mb = settings.max_body_mb
        self._grid = Grid.asked({}, settings.grid_defaults)

    def read(self, file: str) -> Reading:
        started = time.perf_counter()
        try:
            image = images.decode(contents(file, self._max_body_mb), self._image_limits)
            found = grid.search(self._engine, image, self._grid)
        except RequestError as error:
            return Reading(file, codeproject.error(str(error), error.status))
        except EngineError as error:
            return Reading(file, codeproject.error(str(error), error.status), is_final=False)
        spent = time.perf_counter() - started
        timing = Timing(round(found.seconds * 1000), round(spent * 1000))
        return Reading(file, codeproject.plates(found, timing, self._engine.status().device))


def contents(file: str, max_body_mb: int) -> bytes:
    """A file's bytes. Raises :class:`RequestError` for what is no file, or is too large."""
    try:
        facts = os.stat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise ImageError("it is no file")
        if facts.st_size > max_body_mb * 1_000_000:
            raise TooLargeError(f"the file is larger than {max_body_mb} MB; see max_body_mb")
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise ImageError(f"it cannot be read: {getattr(error, 'strerror', error)}") from error
