"""Which worker serves, which one is its spare and which ones must go: state without threads.

The state of the whole engine::

    state      meaning                                  left by
    STARTING   no worker serves, one is being started   started -> SERVING, failed -> FAILED
    FAILED     no worker serves, and the last start     started -> SERVING,
               failed or restarts have not helped       pause over after vain restarts -> STARTING
    SERVING    a worker serves, one call at a time      due, ended or failed: spare -> SERVING,
                                                        no spare -> STARTING or FAILED
    CLOSED     no worker serves any more                -

The life of one worker::

    spare -> serving -> retired (it is due, or it ended or failed)

A worker that has just been started is the spare for a moment, and serves at once if none does.

There are two backoffs, and a start waits for both. One counts starts that failed; a start that
works resets it. The other counts workers that failed; an answer resets it. So a worker that fails
on every image is not restarted without end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from alpr.engines.ultimate.restart_policy import MAX_PAUSE_S, Aging, Backoff, RestartPolicy

FREE_RESTARTS = 2
"""Failed workers in a row that are replaced without a pause: one image is tried on two workers."""


class State(Enum):
    """See the table above."""

    STARTING = auto()
    FAILED = auto()
    SERVING = auto()
    CLOSED = auto()


class Outcome(Enum):
    """How a call ended, as far as its worker is concerned."""

    ANSWERED = auto()
    IMAGE_ERROR = auto()
    """The SDK could not read this image; the worker goes on."""
    FAILED = auto()
    """The worker is of no more use."""


class Task(Enum):
    """What the keeper thread has to do next."""

    WAIT = auto()
    BURY = auto()
    """Close the retired workers."""
    START = auto()
    STOP = auto()


class Member(Aging, Protocol):
    """What the roster looks at in a worker."""

    @property
    def exit_reason(self) -> str:
        """How its process ended, in words; empty while it runs."""
        ...

    @property
    def is_suspect(self) -> bool:
        """Whether it should be replaced because it gave the same error for many images."""
        ...


Worker = TypeVar("Worker", bound=Member)


class Roster(Generic[Worker]):
    """The workers by their roles. Not thread-safe: the supervisor holds its lock around it."""

    def __init__(self, policy: RestartPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._start_backoff = Backoff()
        self._restart_backoff = Backoff(free=FREE_RESTARTS)
        self._lent = False
        self._closed = False
        self.serving: Worker | None = None
        self.spare: Worker | None = None
        self.retired: list[Worker] = []

    @property
    def state(self) -> State:
        if self._closed:
            return State.CLOSED
        if self.serving is not None:
            return State.SERVING
        is_paused = self._restart_backoff.next_try > self._clock()
        return State.FAILED if self.is_failing or is_paused else State.STARTING

    @property
    def is_failing(self) -> bool:
        """Whether the last start failed; a worker may serve all the same."""
        return self._start_backoff.failures > 0

    @property
    def pause_s(self) -> float | None:
        """Seconds until the next start is tried; None if none is planned."""
        if not self._needs_start():
            return None
        next_try = max(self._start_backoff.next_try, self._restart_backoff.next_try)
        return max(0.0, next_try - self._clock())

    @property
    def lent(self) -> Worker | None:
        """The worker that a call is using."""
        return self.serving if self._lent else None

    def next_task(self) -> Task:
        """Burying comes before starting, so that two engines run at once only if planned."""
        if self._closed:
            return Task.WAIT if self._lent else Task.STOP
        if self.retired:
            return Task.BURY
        return Task.START if self.pause_s == 0 else Task.WAIT

    def lend(self) -> Worker:
        """The serving worker, for one call; it must be there and free."""
        if self.serving is None or self._lent:
            raise RuntimeError("no worker is free")
        self._lent = True
        return self.serving

    def give_back(self, worker: Worker, outcome: Outcome) -> None:
        self._lent = False
        if outcome is Outcome.ANSWERED:
            self._restart_backoff.reset()
        elif outcome is Outcome.FAILED:
            self._retire(worker)
            self._count_failure(worker)
        self._promote()

    def started(self, worker: Worker) -> None:
        """Takes in a worker that is warm."""
        self._start_backoff.reset()
        self.spare = worker
        self._promote()

    def start_failed(self) -> int:
        """The value is the pause until the next try, in seconds."""
        return self._start_backoff.fail(self._clock())

    def retire_ended(self) -> list[Worker]:
        """Retires workers whose processes ended while no call used them, and returns them."""
        idle = [self.spare, None if self._lent else self.serving]
        ended = [worker for worker in idle if worker is not None and worker.exit_reason]
        for worker in ended:
            self._retire(worker)
            self._count_failure(worker)
        self._promote()
        return ended

    def take_retired(self) -> list[Worker]:
        retired, self.retired = self.retired, []
        return retired

    def close(self) -> None:
        self._closed = True

    def take_all(self) -> list[Worker]:
        """Every worker that is left, for the end."""
        left = [*self.take_retired(), self.serving, self.spare]
        self.serving = self.spare = None
        return [worker for worker in left if worker is not None]

    def _retire(self, worker: Worker) -> None:
        self.retired.append(worker)
        if self.serving is worker:
            self.serving = None
            # The pause may be that of a spare that failed to start while this worker served.
            # Requests that now wait for a worker must not wait for that pause.
            self._start_backoff.reset()
        if self.spare is worker:
            self.spare = None

    def _count_failure(self, worker: Worker) -> None:
        if worker.age_s > MAX_PAUSE_S:  # It lived longer than any pause: its start did help.
            self._restart_backoff.reset()
        self._restart_backoff.fail(self._clock())

    def _promote(self) -> None:
        """Retires a worker that is due and free, and lets the spare serve in its place.

        With standby a due or suspect worker goes on until its spare is warm. It goes without one if
        it is overdue, but not if the spare cannot be started.
        """
        worker = self.serving
        if worker is not None and not self._lent and self._can_be_spared(worker):
            self._retire(worker)
            if worker.is_suspect:
                self._count_failure(worker)
        if self.serving is None:
            self.serving, self.spare = self.spare, None

    def _can_be_spared(self, worker: Worker) -> bool:
        if self.spare is None and self._policy.standby:
            return self._policy.is_overdue(worker) and not self.is_failing
        return worker.is_suspect or self._policy.is_due(worker)

    def _needs_start(self) -> bool:
        if self.spare is not None or self._closed:
            return False
        if self.serving is None:
            return True
        if not self._policy.standby:
            return False
        return self.serving.is_suspect or self._policy.is_due_soon(self.serving)
