"""``alpr_api read --cluster``: an archive is read on the workers of a Dask cluster.

The package ``distributed`` is loaded only where it is asked for. This process finds the files,
hands out a few at a time, and takes the results in their order; so rows, order and resuming are
those of a run without a cluster. Dask gives a file whose worker died to another worker.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from alpr import __version__, images
from alpr.archive.files import FileReader, FileResult, ReadFiles, read_bytes
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.errors import EngineError, RequestError, SettingsError
from alpr.settings import Settings
from alpr.wire import codeproject

ADDRESS = re.compile(r"(tcp|tls|ws|wss)://\S+:\d{1,5}")
"""Dask would take others too, but fails slowly and in many lines."""

CONNECT_TIMEOUT_S = 3
AHEAD_PER_THREAD = 8
"""Files that are handed out for each thread of the workers: Dask takes tens of milliseconds to send
a task and its result, in which a worker shall not wait."""

RECOUNT_S = 5
"""How often the workers are counted again, because a cluster can grow and shrink."""

SETTINGS = {"distributed.admin.large-graph-warning-threshold": "1TB"}
"""Dask would warn of large tasks; a file that is sent is part of one, so that it is sent again to
another worker if the first dies."""

TLS_SETTINGS = "Dask's settings distributed.comm.tls.ca-file and .client.cert"
LOST = "the cluster is lost; --resume goes on from here"
MISSING = "--cluster needs the package distributed: pip install distributed"


@dataclass(frozen=True, slots=True)
class Task:
    """A file by the name of its row and by its absolute path, with its bytes if they are sent."""

    file: str
    path: str
    data: bytes | None = None


HandedOut = FileResult | tuple[Task, Any]
"""A task with Dask's future of its result, or the result of a file that no worker is given."""


@contextmanager
def read_on_cluster(address: str, settings: Settings, is_sent: bool) -> Iterator[ReadFiles]:
    """Reads files on the workers of the scheduler at ``address``, e.g. ``tcp://scheduler:8786``.

    The workers open the files by their paths, or get their bytes if ``is_sent``. Raises
    :class:`SettingsError` where Dask or its scheduler is not there, and :class:`EngineError` where
    the cluster is lost or a worker cannot run this program.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise SettingsError(MISSING) from error
    if not ADDRESS.fullmatch(address):
        raise SettingsError(f"--cluster {address}: expected an address, e.g. tcp://scheduler:8786")
    if address.startswith("tls:"):
        _check_certificates(distributed, address)
    for name in ("distributed", "distributed.client"):  # What goes wrong is said once, by us.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--cluster {address}: there is no scheduler that answers") from error
    dask: Any = importlib.import_module("dask")
    with client, dask.config.set(SETTINGS):
        yield _Cluster(client, distributed.scheduler.KilledWorker, settings, is_sent).read_files


def _check_certificates(distributed: Any, address: str) -> None:
    """Raises :class:`SettingsError` where Dask cannot make TLS of the certificates that it has.

    Asked before, because a client that fails on them takes seconds to end and reports a bug.
    """
    try:
        context = distributed.Security().get_connection_args("client")["ssl_context"]
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(
            f"--cluster {address}: {TLS_SETTINGS} cannot be used: {error}"
        ) from error
    if context is None:
        raise SettingsError(f"--cluster {address}: TLS needs {TLS_SETTINGS}")


class _Cluster:
    def __init__(
        self, client: Any, killed_worker: type[Exception], settings: Settings, is_sent: bool
    ) -> None:
        self._client = client
        self._killed_worker = killed_worker
        self._settings = pickle.dumps(replace(settings, api_key=""))
        self._max_body_mb = settings.max_body_mb
        self._is_sent = is_sent
        self._most_ahead = 0
        self._recount_at = 0.0

    def read_files(self, files: Iterable[str]) -> Iterator[FileResult]:
        rest = iter(files)
        pending: deque[HandedOut] = deque()
        while True:
            more = list(islice(rest, max(0, self._ahead() - len(pending))))
            pending.extend(self._hand_out(more))
            if not pending:
                return
            yield from self._take(pending)

    def _ahead(self) -> int:
        """How many files are handed out at once."""
        if time.monotonic() >= self._recount_at:
            try:
                threads = sum(self._client.nthreads().values())
            except OSError as error:
                raise EngineError(LOST) from error
            self._most_ahead = AHEAD_PER_THREAD * max(1, threads)
            self._recount_at = time.monotonic() + RECOUNT_S
        return self._most_ahead

    def _hand_out(self, files: list[str]) -> Iterator[HandedOut]:
        """Together, because Dask takes milliseconds for each call, however small."""
        tasks = [self._task(file) for file in files]
        on_workers = [task for task in tasks if isinstance(task, Task)]
        read = partial(read_on_worker, __version__, self._settings)
        # Each call counts, because a file may change; the first handed out is the first read.
        options = {"pure": False, "fifo_timeout": 0}
        futures = iter(self._client.map(read, on_workers, **options) if on_workers else ())
        return ((task, next(futures)) if isinstance(task, Task) else task for task in tasks)

    def _task(self, file: str) -> Task | FileResult:
        """What a worker is to do, or the result of a file that cannot be read here either."""
        task = Task(file, os.path.abspath(file))
        if not self._is_sent and os.access(task.path, os.R_OK):
            return task
        try:
            return replace(task, data=read_bytes(task.path, self._max_body_mb))
        except RequestError as error:
            return FileResult(file, codeproject.error(str(error), error.status))

    def _take(self, pending: deque[HandedOut]) -> list[FileResult]:
        """The results of the first file and of those after it that are read too.

        They are fetched together, because each fetch takes milliseconds, however small.
        """
        try:
            batch = [self._settled(pending.popleft())]
            while pending and (isinstance(pending[0], FileResult) or pending[0][1].done()):
                batch.append(self._settled(pending.popleft()))
            results: list[FileResult] = self._client.gather(batch)
        except (CancelledError, OSError, self._killed_worker) as error:
            raise EngineError(LOST) from error
        return results

    def _settled(self, handed: HandedOut) -> Any:
        """Waits until a file is read: Dask's future of its result, or a result without one."""
        if isinstance(handed, FileResult):
            return handed
        task, future = handed
        failure = future.exception()
        if failure is None:
            return future
        if isinstance(failure, self._killed_worker):
            why = "each worker that read it died"
            return FileResult(task.file, codeproject.error(why, EngineError.status), is_final=False)
        raise EngineError(f"a worker cannot run this program: {_one_line(failure)}")


def read_on_worker(version: str, settings: bytes, task: Task) -> FileResult:
    """The result of a file; runs in a worker's process.

    ``settings`` are pickled. A worker of another version than the ``version`` that asks raises
    :class:`EngineError`.
    """
    if version != __version__:
        raise EngineError(f"it has alpr_api {__version__}, and not {version}")
    if task.data is None and not os.access(task.path, os.R_OK):
        why = "a worker cannot open it; --send sends it"
        return FileResult(task.file, codeproject.error(why, EngineError.status), is_final=False)
    result = _engine_of_process.reader(settings).read(task.path, task.data)
    return replace(result, file=task.file)


class _EngineOfProcess:
    """The one engine of a worker's process; it is made again for other settings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settings = b""
        self._engine: Engine | None = None
        self._reader: FileReader | None = None

    def reader(self, pickled: bytes) -> FileReader:
        with self._lock:
            if self._reader is None or pickled != self._settings:
                if self._engine is not None:
                    self._engine.close()
                settings: Settings = pickle.loads(pickled)  # noqa: S301 - Dask's tasks are pickles
                images.prepare(settings.image_limits)
                self._engine = open_engine(settings)
                self._reader = FileReader(self._engine, settings)
                self._settings = pickled
            return self._reader


_engine_of_process = _EngineOfProcess()


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())
