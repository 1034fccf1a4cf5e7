"""Lends the serving worker to one call at a time, and keeps a worker serving.

A background thread, the keeper, does what takes long: it starts workers and closes retired ones.
Which worker serves and what the keeper does next is decided by :mod:`roster`, under one lock. So
a call waits for a start only while no worker serves.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alpr.engines.ultimate.fifo_lock import FifoLock
from alpr.engines.ultimate.restart_policy import RestartPolicy
from alpr.engines.ultimate.roster import Outcome, Roster, State, Task
from alpr.engines.ultimate.worker_process import WorkerError, WorkerProcess
from alpr.errors import EngineError

log = logging.getLogger(__name__)


class Supervisor:
    """Starts nothing until it is first asked for a worker."""

    def __init__(
        self, launch: Callable[[Callable[[], None]], WorkerProcess], policy: RestartPolicy
    ) -> None:
        """``launch`` makes a worker, not yet started; its argument is to be called at its end."""
        self._launch = launch
        self._turns = FifoLock()
        self._changed = threading.Condition()
        self._roster: Roster[WorkerProcess] = Roster(policy)
        self._starting: WorkerProcess | None = None
        self._keeper: threading.Thread | None = None
        self.starts = 0
        """Workers that became warm."""
        self.last_error = ""

    @property
    def ready(self) -> bool:
        """Whether a read would be served now, as far as is known; never blocks."""
        worker = self._roster.serving
        return self._roster.state is State.SERVING and worker is not None and not worker.is_refusing

    @property
    def failing(self) -> bool:
        """Whether the last start failed."""
        return self._roster.is_failing

    @property
    def waiting(self) -> int:
        """Calls that use a worker or wait for one."""
        return len(self._turns)

    def wait_until_ready(self) -> None:
        """Raises :class:`EngineError` if no worker can be started."""
        with self._changed:
            self._wait_for_worker()

    @contextmanager
    def lend(self) -> Iterator[WorkerProcess]:
        """The serving worker, for this thread only; threads get it in order of arrival.

        If the body raises, the worker is replaced, except for an :class:`EngineError` that is no
        :class:`WorkerError`: that is only this call's. Raises :class:`EngineError` at once while
        no worker can be started.
        """
        with self._turns.held():
            with self._changed:
                self._wait_for_worker()
                worker = self._roster.lend()
            # After an unforeseen exception the answer may still arrive: it must never be taken
            # for the next image's.
            outcome, error = Outcome.FAILED, "ultimateALPR was interrupted"
            try:
                yield worker
                outcome, error = Outcome.ANSWERED, ""
            except WorkerError as failure:
                error = str(failure)
                raise
            except EngineError as failure:
                outcome, error = Outcome.IMAGE_ERROR, str(failure)
                raise
            finally:
                if outcome is Outcome.FAILED:
                    worker.kill()
                self._give_back(worker, outcome, error)

    def close(self) -> None:
        """Ends all workers; calls in progress fail."""
        with self._changed:
            self._roster.close()
            for worker in (self._starting, self._roster.lent):
                if worker is not None:
                    worker.kill()
            self._changed.notify_all()
        if self._keeper is not None:
            self._keeper.join()

    def _wait_for_worker(self) -> None:
        """Returns once a worker serves. Raises :class:`EngineError` if none will soon."""
        if self._keeper is None and self._roster.state is not State.CLOSED:
            self._keeper = threading.Thread(target=self._keep, name="ultimate-keeper", daemon=True)
            self._keeper.start()
        self._changed.wait_for(lambda: self._roster.state is not State.STARTING)
        if self._roster.state is State.CLOSED:
            raise EngineError("ultimateALPR was shut down")
        if self._roster.state is State.FAILED:
            pause = max(1, math.ceil(self._roster.pause_s or 0))
            raise EngineError(self.last_error, retry_after_s=pause)

    def _give_back(self, worker: WorkerProcess, outcome: Outcome, error: str) -> None:
        with self._changed:
            if error:
                self.last_error = error
            self._roster.give_back(worker, outcome)
            self._changed.notify_all()

    def _keep(self) -> None:
        """The keeper's life. However it ends, no call waits for a worker afterwards."""
        try:
            while (task := self._next_task()) is not Task.STOP:
                if task is Task.BURY:
                    with self._changed:
                        retired = self._roster.take_retired()
                    for worker in retired:
                        worker.close()
                else:
                    self._start()
        finally:
            with self._changed:
                self._roster.close()
                left = self._roster.take_all()
                self._changed.notify_all()
            for worker in left:
                worker.close()

    def _next_task(self) -> Task:
        """Waits until there is something to do."""
        with self._changed:
            while True:
                self._replace_ended()
                task = self._roster.next_task()
                if task is not Task.WAIT:
                    return task
                self._changed.wait(self._roster.pause_s)

    def _replace_ended(self) -> None:
        """Replaces workers that ended while no call used them, before a request notices."""
        for worker in self._roster.retire_ended():
            self.last_error = f"ultimateALPR {worker.exit_reason}"
            log.warning("%s while it was idle", self.last_error)
            self._changed.notify_all()

    def _start(self) -> None:
        try:
            worker = self._launch(self._wake)
        except WorkerError as error:
            self._start_failed(error)
            return
        with self._changed:
            self._starting = worker
            if self._roster.state is State.CLOSED:
                worker.kill()
        try:
            worker.start()
        except WorkerError as error:
            worker.close()
            self._start_failed(error)
            return
        with self._changed:
            self._starting = None
            self.starts += 1
            self._roster.started(worker)
            self._changed.notify_all()
        log.info("ultimateALPR worker %d is warm", worker.pid)

    def _start_failed(self, error: WorkerError) -> None:
        with self._changed:
            self._starting = None
            if self._roster.state is State.CLOSED:
                return
            self.last_error = str(error)
            pause = self._roster.start_failed()
            self._changed.notify_all()
        log.error("%s; the next try is in %d s", error, pause)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
