"""The images of an archive: found, then read a few at a time."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alpr.engines.base import Engine
from alpr.errors import EngineError, ImageError, RequestError, TooLargeError
from alpr.grid import Grid
from alpr.recognition import decode_for, recognise
from alpr.settings import Settings
from alpr.wire import codeproject

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".gif"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif", ".hif"),
)
"""Files of a folder that are read. A file named on the command line is read whatever its suffix."""

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one file: ``body`` is the answer that a client would get for it.

    ``is_final`` is False after an engine failure, where another try may succeed.
    """

    file: str
    body: dict[str, Any]
    is_final: bool = True

    @property
    def error(self) -> str:
        return str(self.body.get("error", ""))


ReadFiles = Callable[[Iterable[str]], Iterator[FileResult]]
"""Reads files a few at a time; their results come in the order of the files."""


def find_files(paths: Sequence[str]) -> Iterator[str]:
    """The files among ``paths``, and the images below the folders among them, sorted by name.

    Hidden files and folders are skipped. Links to folders are not followed. A file that several of
    the ``paths`` name comes once, under the first of its names. A folder without images is given
    itself: reading it fails, so that it is reported.
    """
    if len(paths) == 1:  # No file comes twice, so a long list of names is not kept.
        yield from _files_at(paths[0])
        return
    seen: set[str] = set()
    for path in paths:
        for file in _files_at(path):
            name = os.path.abspath(file)
            if name not in seen:
                seen.add(name)
                yield file


def _files_at(path: str) -> Iterator[str]:
    found = _images_below(path) if os.path.isdir(path) else iter([path])
    yield next(found, path)
    yield from found


def _images_below(folder: str) -> Iterator[str]:
    """Not by recursion, because folders can be nested deeper than Python's calls."""
    open_folders = [iter(_sorted_entries(folder))]
    while open_folders:
        entry = next(open_folders[-1], None)
        if entry is None:
            open_folders.pop()
        elif isinstance(entry, str):
            yield entry
        else:
            open_folders.append(iter(_sorted_entries(entry.path)))


def _sorted_entries(folder: str) -> list[str | os.DirEntry[str]]:
    """The images in a folder as their paths, and its folders, sorted by name."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return [folder]  # Reading it fails for the same reason, which is then reported.
    shown = (entry for entry in entries if not entry.name.startswith("."))
    return [
        entry if entry.is_dir(follow_symlinks=False) else entry.path
        for entry in shown
        if entry.is_dir(follow_symlinks=False) or entry.name.lower().endswith(SUFFIXES)
    ]


def map_in_order(
    work: Callable[[Item], Value], items: Iterable[Item], jobs: int
) -> Iterator[Value]:
    """Maps items to ``work(item)`` on ``jobs`` threads, in their order.

    At most ``2 * jobs`` items are taken ahead, so that memory does not grow with their number.
    """
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="read")
    pending: deque[Future[Value]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= 2 * jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class FileReader:
    """Reads files with an engine; safe to use from many threads."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._image_limits = settings.image_limits
        self._max_body_mb = settings.max_body_mb
        self._grid = Grid.from_request({}, settings.grid_defaults)
        self._rules = settings.format_rules

    def read(self, file: str, data: bytes | None = None) -> FileResult:
        """The result of a file, or of its bytes where they are given."""
        started = time.perf_counter()
        try:
            if data is None:
                data = read_bytes(file, self._max_body_mb)
            image = decode_for(self._engine, self._grid, data, self._image_limits)
            result = recognise(self._engine, image, self._grid, started, rules=self._rules)
        except RequestError as error:
            return FileResult(file, codeproject.error(str(error), error.status))
        except EngineError as error:
            return FileResult(file, codeproject.error(str(error), error.status), is_final=False)
        return FileResult(file, codeproject.plates(result))


def read_bytes(file: str, max_body_mb: int) -> bytes:
    """A file's bytes. Raises :class:`RequestError` for one that is too large or not regular."""
    try:
        status = os.stat(file)
        if stat.S_ISDIR(status.st_mode):
            os.scandir(file).close()  # If it cannot be listed, that is the reason.
            raise ImageError("there is no image in this folder")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("it is no file")
        if status.st_size > max_body_mb * 1_000_000:
            raise TooLargeError(f"the file is larger than {max_body_mb} MB; see max_body_mb")
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise ImageError(f"it cannot be read: {getattr(error, 'strerror', error)}") from error
