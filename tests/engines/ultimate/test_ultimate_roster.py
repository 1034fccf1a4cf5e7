"""Which worker serves, and what is done next: without threads, processes or real time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alpr.engines.ultimate.restart_policy import Backoff, RestartPolicy
from alpr.engines.ultimate.roster import Roster, State, Task

NEVER = RestartPolicy(after_calls=0, after_seconds=0, standby=True)
AFTER_10 = RestartPolicy(after_calls=10, after_seconds=0, standby=True)
AFTER_10_ONE_AT_A_TIME = RestartPolicy(after_calls=10, after_seconds=0, standby=False)


@dataclass(eq=False)
class Worker:
    """A worker as policy and roster see it."""

    calls: int = 0
    calls_per_start: float = 0.0
    age_s: float = 0.0
    exit_reason: str = ""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def roster_of(policy: RestartPolicy, clock: Clock, *workers: Worker) -> Roster[Worker]:
    """A roster in which these have been started, in this order."""
    roster: Roster[Worker] = Roster(policy, clock)
    for worker in workers:
        roster.started(worker)
    return roster


@pytest.mark.parametrize(
    ("calls", "per_start", "soon", "due"),
    [
        (0, 0, False, False),
        (2799, 100, False, False),
        (2800, 100, True, False),
        (1499, 5000, False, False),  # Not before half its calls, however long a start takes.
        (1500, 5000, True, False),
        (2999, 0.1, False, False),
        (3000, 0.1, True, True),
        (4000, 100, True, True),
    ],
)
def test_a_spare_is_started_as_early_as_the_worker_s_pace_demands(
    calls: int, per_start: float, soon: bool, due: bool
) -> None:
    policy, worker = RestartPolicy(3000, 0, standby=True), Worker(calls, per_start)
    assert policy.is_due_soon(worker) is soon
    assert policy.is_due(worker) is due


def test_age_counts_as_well_and_zero_is_never() -> None:
    old = Worker(10**6, 100, age_s=61)
    assert RestartPolicy(0, 60, standby=True).is_due(old)
    assert RestartPolicy(0, 60, standby=True).is_due_soon(old)
    assert not RestartPolicy(0, 62, standby=True).is_due(old)
    assert not RestartPolicy(0, 0, standby=True).is_due_soon(old)


def test_pauses_grow_to_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.fail(100.0) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.next_try == 160
    backoff.reset()
    assert backoff.fail(200.0) == 1


def test_a_worker_serves_as_soon_as_it_is_warm(clock: Clock) -> None:
    roster = roster_of(NEVER, clock)
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.START)
    roster.started(worker := Worker())
    assert (roster.state, roster.next_task()) == (State.SERVING, Task.WAIT)
    assert roster.lend() is worker


def test_after_a_failed_start_the_next_waits_for_its_pause(clock: Clock) -> None:
    roster = roster_of(NEVER, clock)
    assert [roster.start_failed(), roster.start_failed()] == [1, 2]
    assert (roster.state, roster.next_task(), roster.pause_s) == (State.FAILED, Task.WAIT, 2)
    clock.now += 2
    assert roster.next_task() is Task.START
    assert roster.state is State.FAILED, "a try is no success yet"
    roster.started(Worker())
    assert (roster.state, roster.is_failing) == (State.SERVING, False)


def test_a_due_worker_goes_on_until_its_spare_is_warm(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker())
    assert roster.lend() is first
    first.calls = 12
    roster.give_back(first, has_failed=False)
    assert (roster.serving, roster.next_task()) == (first, Task.START)
    roster.started(second := Worker())
    assert (roster.serving, roster.spare, roster.retired) == (second, None, [first])
    assert roster.next_task() is Task.BURY


def test_a_worker_in_use_is_not_taken_away(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(calls=10))
    roster.lend()
    roster.started(second := Worker())
    assert (roster.serving, roster.retired) == (first, [])
    roster.give_back(first, has_failed=False)
    assert (roster.serving, roster.retired) == (second, [first])


def test_without_standby_the_last_worker_is_closed_before_the_next_is_started(
    clock: Clock,
) -> None:
    roster = roster_of(AFTER_10_ONE_AT_A_TIME, clock, first := Worker())
    roster.lend()
    first.calls = 9
    roster.give_back(first, has_failed=False)
    assert roster.next_task() is Task.WAIT
    roster.lend()
    first.calls = 10
    roster.give_back(first, has_failed=False)
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.BURY)
    assert roster.take_retired() == [first]
    assert roster.next_task() is Task.START


def test_a_worker_that_fails_makes_room_for_its_spare_at_once(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    roster.lend()
    roster.give_back(first, has_failed=True)
    assert (roster.serving, roster.retired) == (second, [first])


def test_the_pause_of_a_spare_is_not_for_those_who_lost_their_worker(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(calls=10))
    for _ in range(5):
        roster.start_failed()
    assert (roster.state, roster.next_task()) == (State.SERVING, Task.WAIT)
    roster.lend()
    roster.give_back(first, has_failed=True)
    roster.take_retired()
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.START)


def test_only_idle_workers_are_found_to_have_ended(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    first.exit_reason = second.exit_reason = "was ended by SIGKILL"
    roster.lend()
    assert roster.retire_ended() == [second]
    assert roster.serving is first
    roster.give_back(first, has_failed=False)
    assert roster.retire_ended() == [first]
    assert roster.state is State.STARTING


def test_the_end_waits_for_the_call_in_progress(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    roster.lend()
    roster.close()
    assert (roster.state, roster.next_task(), roster.pause_s) == (State.CLOSED, Task.WAIT, None)
    roster.give_back(first, has_failed=True)
    assert roster.next_task() is Task.STOP
    assert roster.take_all() == [first, second]
