"""When a worker is replaced, and how long to wait after a start that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MAX_PAUSE_S = 60
MIN_OVERRUN_CALLS = 100
"""A due worker reads at most a tenth more, or this many calls, while its spare is started."""
SPARE_LEAD_STARTS = 2
"""The spare is started when the remaining calls would take no longer than this many start-ups."""


class Aging(Protocol):
    """What the policy looks at in a worker."""

    @property
    def calls(self) -> int: ...

    @property
    def age_s(self) -> float: ...

    @property
    def calls_per_start(self) -> float:
        """Calls that take as long as its start took."""
        ...


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """A worker is due after ``after_calls`` calls or ``after_seconds`` seconds; 0 means never.

    With ``standby`` the next worker is warm before a due one goes.
    """

    after_calls: int
    after_seconds: int
    standby: bool

    def is_due(self, worker: Aging) -> bool:
        return self._is_old(worker) or 0 < self.after_calls <= worker.calls

    def is_due_soon(self, worker: Aging) -> bool:
        """Whether its spare should be started, to be warm in time even under full load.

        That is never before half its calls: two engines take twice the memory.
        """
        remaining = self.after_calls - worker.calls
        lead = min(self.after_calls // 2, SPARE_LEAD_STARTS * worker.calls_per_start)
        return self._is_old(worker) or (self.after_calls > 0 and remaining <= lead)

    def is_overdue(self, worker: Aging) -> bool:
        """Whether it must go although its spare is not warm yet."""
        overrun = max(self.after_calls // 10, MIN_OVERRUN_CALLS)
        return 0 < self.after_calls <= worker.calls - overrun

    def _is_old(self, worker: Aging) -> bool:
        return 0 < self.after_seconds <= worker.age_s


@dataclass(slots=True)
class Backoff:
    """Pauses of 1, 2, 4 ... 60 seconds after failures in a row; ``now`` is in seconds.

    The first ``free`` failures cause no pause.
    """

    free: int = 0
    failures: int = 0
    next_try: float = 0.0

    def fail(self, now: float) -> int:
        """Counts a failure; the value is the pause until the next try, in seconds."""
        paid = self.failures - self.free
        pause = min(1 << paid, MAX_PAUSE_S) if paid >= 0 else 0
        self.failures += 1
        self.next_try = now + pause
        return pause

    def reset(self) -> None:
        self.failures, self.next_try = 0, 0.0
