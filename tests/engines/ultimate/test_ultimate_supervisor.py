"""Who is served when, and what is started: the supervisor over workers without a process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from alpr.engines.ultimate.restart_policy import RestartPolicy
from alpr.engines.ultimate.supervisor import Supervisor
from alpr.engines.ultimate.worker_process import WorkerError, WorkerProcess
from alpr.errors import EngineError

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double

NEVER = RestartPolicy(after_calls=0, after_seconds=0, standby=True)


class IdleWorker:
    """A worker that is warm at once and does nothing."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self.pid = id(self)
        self.exit_reason = ""
        self.calls = 0
        self.calls_per_start = 0.0
        self.age_s = 0.0
        self.is_closed = False
        self.is_suspect = self.is_refusing = False

    def start(self) -> None:
        pass

    def kill(self) -> None:
        self.exit_reason = "was ended by SIGKILL"
        self._on_end()

    def close(self) -> None:
        self.is_closed = True


class Crew:
    """A supervisor and the workers it has launched; the first ``failures`` launches fail."""

    def __init__(self, policy: RestartPolicy, failures: int = 0) -> None:
        self.workers: list[IdleWorker] = []
        self._failures = failures
        self.supervisor = Supervisor(self._launch, policy)

    def _launch(self, on_end: Callable[[], None]) -> WorkerProcess:
        if self._failures:
            self._failures -= 1
            raise WorkerError("no processes left")
        self.workers.append(IdleWorker(on_end))
        return cast(WorkerProcess, self.workers[-1])


@pytest.fixture
def crews() -> Iterator[Callable[..., Crew]]:
    made: list[Crew] = []

    def make(policy: RestartPolicy = NEVER, failures: int = 0) -> Crew:
        made.append(Crew(policy, failures))
        return made[-1]

    yield make
    for crew in made:
        crew.supervisor.close()


def test_calls_are_served_in_order_of_arrival(double: Double, crews: Callable[..., Crew]) -> None:
    supervisor = crews().supervisor
    order: list[str] = []

    def visit(name: str) -> None:
        with supervisor.lend():
            order.append(name)

    for _ in range(20):
        visitors = [threading.Thread(target=visit, args=(name,)) for name in "abc"]
        with supervisor.lend():
            for number, visitor in enumerate(visitors, 1):
                visitor.start()
                double.until(partial(lambda many: supervisor.waiting == 1 + many, number))
        visit("late")
        for visitor in visitors:
            visitor.join()
    assert order == ["a", "b", "c", "late"] * 20


def test_a_launch_that_fails_is_reported_and_tried_again(
    double: Double, crews: Callable[..., Crew]
) -> None:
    supervisor = crews(failures=1).supervisor
    with pytest.raises(EngineError, match="no processes left"):
        supervisor.wait_until_ready()
    assert supervisor.failing
    double.until(lambda: supervisor.ready)
    assert not supervisor.failing
    assert supervisor.last_error == "no processes left"


def test_a_failed_start_is_told_to_everyone_who_waits(crews: Callable[..., Crew]) -> None:
    supervisor = crews(failures=1).supervisor
    told: list[str] = []

    def visit() -> None:
        try:
            with supervisor.lend():
                told.append("served")
        except EngineError as error:
            told.append(str(error))

    visitors = [threading.Thread(target=visit) for _ in range(5)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(10)
    assert told[0] == "no processes left"
    assert len(told) == 5
    assert supervisor.waiting == 0


def test_a_spare_that_dies_is_replaced_and_the_serving_worker_goes_on(
    double: Double, crews: Callable[..., Crew]
) -> None:
    crew = crews(RestartPolicy(after_calls=4, after_seconds=0, standby=True))
    crew.supervisor.wait_until_ready()
    crew.workers[0].calls = 3
    crew.workers[0].calls_per_start = 9
    with crew.supervisor.lend():
        pass
    double.until(lambda: crew.supervisor.starts == 2)
    crew.workers[1].kill()
    double.until(lambda: crew.supervisor.starts == 3)
    double.until(lambda: crew.workers[1].is_closed)
    with crew.supervisor.lend() as worker:
        assert worker is cast(WorkerProcess, crew.workers[0])
    assert crew.supervisor.last_error == "ultimateALPR was ended by SIGKILL"
