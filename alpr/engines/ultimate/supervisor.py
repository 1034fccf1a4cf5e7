r"""Which worker serves, when the next is started, and what happens when one dies.

One worker serves, one call at a time, in order of arrival. A thread, the keeper, does what takes
long: it starts workers and buries them. Everything else here is a short change of state under one
lock, so nobody waits for a start who does not have to::

    none -> starting -> serving -> due (its spare is warm) -> retired
                 \-> failed: tried again after 1, 2, 4 ... 60 s, and requests fail fast meanwhile
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alpr.engines.ultimate.process import Worker, WorkerError
from alpr.errors import EngineError

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 60
HEAD_START = 2
"""A spare is started when a worker has so many times a start's length of calls left to do."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When a worker is replaced: after so many calls or seconds, 0 for never.

    ``standby`` says whether the next is warm before it goes.
    """

    after_calls: int
    after_seconds: int
    standby: bool

    def is_due(self, worker: Worker) -> bool:
        return self._has_aged(worker) or 0 < self.after_calls <= worker.calls

    def is_due_soon(self, worker: Worker) -> bool:
        """Whether its spare should be started, to be warm in time even if calls come densely.

        Not earlier than at half its calls: two engines take twice the memory.
        """
        left = self.after_calls - worker.calls
        early = min(self.after_calls // 2, HEAD_START * worker.calls_in_a_start)
        return self._has_aged(worker) or (self.after_calls > 0 and left <= early)

    def _has_aged(self, worker: Worker) -> bool:
        return 0 < self.after_seconds <= time.monotonic() - worker.born


class Supervisor:
    """Lends the serving worker to one thread at a time. Costs nothing until it is first asked."""

    def __init__(self, launch: Callable[[Callable[[], None]], Worker], policy: Policy) -> None:
        """``launch`` makes a worker, not yet started; it is given what to call at its end."""
        self._launch = launch
        self._policy = policy
        self._changed = threading.Condition()
        self._tickets = itertools.count()
        self._queue: deque[int] = deque()
        self._current: Worker | None = None
        self._spare: Worker | None = None
        self._starting: Worker | None = None
        self._retired: list[Worker] = []
        self._busy = False
        self._closed = False
        self._failures = 0
        self._next_try = 0.0
        self._keeper: threading.Thread | None = None
        self.starts = 0
        self.last_error = ""

    @property
    def ready(self) -> bool:
        """Whether a read would be served now; never blocks."""
        return self._current is not None and not self._closed

    @property
    def failing(self) -> bool:
        """Whether the last start failed."""
        return self._failures > 0

    def wait_until_ready(self) -> None:
        """Raises :class:`EngineError` if the engine cannot be started."""
        with self._changed:
            while self._served() is None:
                self._changed.wait()

    @contextmanager
    def lend(self) -> Iterator[Worker]:
        """The serving worker, for this thread alone.

        A body that raises costs the worker its place, unless it is an :class:`EngineError` that is
        no :class:`WorkerError`. Raises :class:`EngineError` at once while no worker can be started.
        """
        worker = self._take()
        # After anything unforeseen an answer may still be on its way: it must never be taken for
        # the next image's.
        story = "ultimateALPR was interrupted"
        try:
            yield worker
            story = ""
        except EngineError as error:
            story = str(error) if isinstance(error, WorkerError) else ""
            raise
        finally:
            if story:
                worker.kill()
            self._give_back(worker, story)

    def close(self) -> None:
        """Ends all workers; calls in progress fail."""
        with self._changed:
            self._closed = True
            for worker in (self._starting, self._current if self._busy else None):
                if worker is not None:
                    worker.kill()
            keeper = self._keeper
            self._changed.notify_all()
        if keeper is not None:
            keeper.join()

    def _take(self) -> Worker:
        with self._changed:
            ticket = next(self._tickets)
            self._queue.append(ticket)
            try:
                worker = self._served()
                while worker is None or self._busy or self._queue[0] != ticket:
                    self._changed.wait()
                    worker = self._served()
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
            self._busy = True
            return worker

    def _served(self) -> Worker | None:
        """The serving worker, however busy, or None while it is started.

        Raises :class:`EngineError` once the start has failed, until another succeeds.
        """
        if self._closed:
            raise EngineError("ultimateALPR was shut down")
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="ultimate-keeper", daemon=True)
            self._keeper.start()
        if self._current is None and self._failures:
            pause = max(1, math.ceil(self._next_try - time.monotonic()))
            raise EngineError(self.last_error, retry_after_s=pause)
        return self._current

    def _give_back(self, worker: Worker, error: str = "") -> None:
        with self._changed:
            self._busy = False
            if error:
                self.last_error = error
                self._retire(worker)
            self._settle()
            self._changed.notify_all()

    def _retire(self, worker: Worker) -> None:
        self._retired.append(worker)
        if self._current is worker:
            self._current = None
            # A spare may have failed to start while this one served: its pause is not for those
            # who wait from now on.
            self._failures, self._next_try = 0, 0.0
        if self._spare is worker:
            self._spare = None

    def _settle(self) -> None:
        """Lets the spare serve, or a due worker go, if it is time to. Under the lock."""
        worker = self._current
        # A spare that is not warm yet is waited for by nobody: the old worker goes on.
        may_go = not self._busy and (self._spare is not None or not self._policy.standby)
        if may_go and worker is not None and self._policy.is_due(worker):
            self._retire(worker)
        if self._current is None:
            self._current, self._spare = self._spare, None

    def _wants_start(self) -> bool:
        if self._spare is not None or self._closed:
            return False
        if self._current is None:
            return True
        return self._policy.standby and self._policy.is_due_soon(self._current)

    def _keep(self) -> None:
        """The keeper's life: while it lasts there will be workers, and after it nobody waits."""
        try:
            while self._keep_on():
                pass
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            for worker in filter(None, [*self._retired, self._current, self._spare]):
                worker.close()

    def _keep_on(self) -> bool:
        """Waits for work and does it; false once there will be no more.

        First it buries, then it starts, so that two engines overlap only by plan.
        """
        with self._changed:
            while not self._has_work():
                self._changed.wait(self._pause())
            self._notice_deaths()
            if self._closed:
                return False
            retired, self._retired = self._retired, []
            start = self._is_time_to_start()
        for worker in retired:
            worker.close()
        if start:
            self._start()
        return True

    def _has_work(self) -> bool:
        if self._closed:
            return not self._busy
        idle = self._idle_workers()
        return bool(self._retired) or self._is_time_to_start() or any(w.ending for w in idle)

    def _is_time_to_start(self) -> bool:
        return self._wants_start() and time.monotonic() >= self._next_try

    def _pause(self) -> float | None:
        """How long the keeper may sleep, in seconds; None until it is woken."""
        if not self._wants_start():
            return None
        return max(0.0, self._next_try - time.monotonic())

    def _idle_workers(self) -> list[Worker]:
        idle = [self._spare, None if self._busy else self._current]
        return [worker for worker in idle if worker is not None]

    def _notice_deaths(self) -> None:
        """Replaces workers that ended while nobody used them, so that no request finds out."""
        for worker in self._idle_workers():
            if worker.ending:
                self.last_error = f"ultimateALPR {worker.ending}"
                log.warning("%s while it was idle", self.last_error)
                self._retire(worker)
        self._settle()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> None:
        try:
            worker = self._launch(self._wake)
        except WorkerError as error:
            self._start_failed(error)
            return
        with self._changed:
            self._starting = worker
            if self._closed:
                worker.kill()
        try:
            worker.start()
        except WorkerError as error:
            worker.close()
            self._start_failed(error)
            return
        with self._changed:
            self._starting = None
            self._failures = 0
            self.starts += 1
            self._spare = worker
            self._settle()
            self._changed.notify_all()
        log.info("ultimateALPR worker %d is warm", worker.pid)

    def _start_failed(self, error: WorkerError) -> None:
        with self._changed:
            self._starting = None
            if self._closed:
                return
            pause = min(2**self._failures, LONGEST_PAUSE_S)
            self._failures += 1
            self._next_try = time.monotonic() + pause
            self.last_error = str(error)
            self._changed.notify_all()
        log.error("%s; the next try is in %d s", error, pause)
