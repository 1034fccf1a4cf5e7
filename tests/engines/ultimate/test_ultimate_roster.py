"""Which worker serves, and what is done next: without threads, processes or real time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alpr.engines.ultimate.restart_policy import Backoff, RestartPolicy
from alpr.engines.ultimate.roster import Outcome, Roster, State, Task

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
    is_suspect: bool = False


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
    roster.give_back(first, Outcome.ANSWERED)
    assert (roster.serving, roster.next_task()) == (first, Task.START)
    roster.started(second := Worker())
    assert (roster.serving, roster.spare, roster.retired) == (second, None, [first])
    assert roster.next_task() is Task.BURY


@pytest.mark.parametrize(("after_calls", "bound"), [(10, 110), (3000, 3300)])
def test_a_due_worker_reads_only_so_much_more_while_its_spare_is_started(
    clock: Clock, after_calls: int, bound: int
) -> None:
    roster = roster_of(RestartPolicy(after_calls, 0, standby=True), clock, worker := Worker())
    while roster.serving is worker:
        roster.lend()
        worker.calls += 1
        roster.give_back(worker, Outcome.ANSWERED)
    assert worker.calls == bound
    assert (roster.state, roster.take_retired()) == (State.STARTING, [worker])


def test_a_due_worker_goes_on_as_long_as_its_spare_cannot_be_started(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, worker := Worker(calls=10_000))
    roster.start_failed()
    roster.lend()
    roster.give_back(worker, Outcome.ANSWERED)
    assert roster.serving is worker


def test_a_worker_in_use_is_not_taken_away(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(calls=10))
    roster.lend()
    roster.started(second := Worker())
    assert (roster.serving, roster.retired) == (first, [])
    roster.give_back(first, Outcome.ANSWERED)
    assert (roster.serving, roster.retired) == (second, [first])


def test_without_standby_the_last_worker_is_closed_before_the_next_is_started(
    clock: Clock,
) -> None:
    roster = roster_of(AFTER_10_ONE_AT_A_TIME, clock, first := Worker())
    roster.lend()
    first.calls = 9
    roster.give_back(first, Outcome.ANSWERED)
    assert roster.next_task() is Task.WAIT
    roster.lend()
    first.calls = 10
    roster.give_back(first, Outcome.ANSWERED)
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.BURY)
    assert roster.take_retired() == [first]
    assert roster.next_task() is Task.START


def test_a_worker_that_fails_makes_room_for_its_spare_at_once(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    roster.lend()
    roster.give_back(first, Outcome.FAILED)
    assert (roster.serving, roster.retired) == (second, [first])


def test_the_pause_of_a_spare_is_not_for_those_who_lost_their_worker(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(calls=10))
    for _ in range(5):
        roster.start_failed()
    assert (roster.state, roster.next_task()) == (State.SERVING, Task.WAIT)
    roster.lend()
    roster.give_back(first, Outcome.FAILED)
    roster.take_retired()
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.START)


def test_only_idle_workers_are_found_to_have_ended(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    first.exit_reason = second.exit_reason = "was ended by SIGKILL"
    roster.lend()
    assert roster.retire_ended() == [second]
    assert roster.serving is first
    roster.give_back(first, Outcome.ANSWERED)
    assert roster.retire_ended() == [first]
    assert roster.state is State.STARTING


def test_the_end_waits_for_the_call_in_progress(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, first := Worker(), second := Worker())
    roster.lend()
    roster.close()
    assert (roster.state, roster.next_task(), roster.pause_s) == (State.CLOSED, Task.WAIT, None)
    roster.give_back(first, Outcome.FAILED)
    assert roster.next_task() is Task.STOP
    assert roster.take_all() == [first, second]


def test_failures_without_an_answer_in_between_are_followed_by_growing_pauses(
    clock: Clock,
) -> None:
    roster, pauses = roster_of(NEVER, clock), []
    for _ in range(6):
        roster.started(worker := Worker())
        roster.lend()
        roster.give_back(worker, Outcome.FAILED)
        roster.take_retired()
        pauses.append(roster.pause_s)
        assert roster.state is (State.FAILED if roster.pause_s else State.STARTING)
        clock.now = clock.now + (roster.pause_s or 0)
        assert (roster.state, roster.next_task()) == (State.STARTING, Task.START)
    assert pauses == [0, 0, 1, 2, 4, 8]


def test_an_answer_or_a_long_life_ends_the_growing_of_pauses(clock: Clock) -> None:
    roster = roster_of(NEVER, clock)
    for outcome, age_s in [(Outcome.IMAGE_ERROR, 0), (Outcome.ANSWERED, 0), (None, 61)]:
        for _ in range(2):
            roster.started(worker := Worker(age_s=age_s))
            if outcome is not None:
                roster.lend()
                roster.give_back(worker, outcome)
            worker.exit_reason = "was ended by SIGKILL"
            assert roster.retire_ended() == [worker]
            assert roster.pause_s == 0
    roster.started(worker := Worker(exit_reason="was ended by SIGKILL"))
    roster.retire_ended()
    roster.started(worker := Worker(exit_reason="was ended by SIGKILL"))
    roster.retire_ended()
    assert roster.pause_s == 1


def test_an_image_that_cannot_be_read_costs_the_worker_nothing(clock: Clock) -> None:
    roster = roster_of(AFTER_10, clock, worker := Worker())
    for _ in range(100):
        roster.lend()
        roster.give_back(worker, Outcome.IMAGE_ERROR)
    assert (roster.serving, roster.retired, roster.next_task()) == (worker, [], Task.WAIT)


def test_a_suspect_serves_until_its_successor_is_warm(clock: Clock) -> None:
    roster = roster_of(NEVER, clock, worker := Worker())
    pauses = []
    for _ in range(5):
        worker.is_suspect = True
        roster.lend()
        roster.give_back(worker, Outcome.IMAGE_ERROR)
        pauses.append(roster.pause_s)
        assert roster.serving is worker
        clock.now += roster.pause_s or 0
        assert roster.next_task() is Task.START
        roster.started(successor := Worker())
        assert (roster.serving, roster.take_retired()) == (successor, [worker])
        worker = successor
    assert pauses == [0, 0, 0, 1, 2]


def test_without_standby_a_suspect_goes_first(clock: Clock) -> None:
    roster = roster_of(AFTER_10_ONE_AT_A_TIME, clock, worker := Worker(is_suspect=True))
    roster.lend()
    roster.give_back(worker, Outcome.IMAGE_ERROR)
    assert (roster.state, roster.next_task()) == (State.STARTING, Task.BURY)
