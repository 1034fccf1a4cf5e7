"""Slots: N requests at once, M waiting in order of arrival, none of them for ever."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable

import pytest

from alpr.engines.embedded.engine import MAX_CONCURRENT_READS, EmbeddedEngine
from alpr.engines.fake import FakeEngine
from alpr.errors import BusyError
from alpr.service.admission import QUEUE_TIMEOUT_S, Slots, slot_count

TIMEOUT_S = 20


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Holder(threading.Thread):
    """Takes a slot, notes its name in ``order`` and holds it until it is released."""

    def __init__(self, slots: Slots, order: list[str], name: str) -> None:
        super().__init__(name=name)
        self._slots = slots
        self._order = order
        self._free = threading.Event()
        self.start()

    def run(self) -> None:
        with self._slots.acquire():
            self._order.append(self.name)
            assert self._free.wait(TIMEOUT_S)

    def release(self) -> None:
        self._free.set()
        self.join(TIMEOUT_S)


def test_n_requests_hold_a_slot_and_the_rest_follow_in_order_of_arrival() -> None:
    slots, order = Slots(2, 3), list[str]()
    holders = []
    for number in range(5):
        holders.append(Holder(slots, order, str(number)))
        wait_until(lambda: slots.busy + slots.queued == len(holders))
    assert (slots.busy, slots.queued, order) == (2, 3, ["0", "1"])
    for started, holder in zip((3, 4, 5, 5, 5), holders, strict=True):
        holder.release()
        wait_until(functools.partial(lambda count: len(order) >= count, started))
    assert order == ["0", "1", "2", "3", "4"]
    assert (slots.busy, slots.queued) == (0, 0)


def test_a_full_queue_refuses_at_once_and_says_when_to_try_again() -> None:
    slots, order = Slots(1, 1), list[str]()
    holders = [Holder(slots, order, "a"), Holder(slots, order, "b")]
    wait_until(lambda: slots.queued == 1)
    started = time.monotonic()
    with pytest.raises(BusyError) as refused, slots.acquire():
        pass
    assert time.monotonic() - started < QUEUE_TIMEOUT_S / 2
    assert refused.value.status == 503
    assert str(refused.value) == "too many requests at once; try again in a moment"
    assert refused.value.retry_after_s > 0
    for name in order.copy():
        holders["ab".index(name)].release()
    wait_until(lambda: len(order) == 2)
    for holder in holders:
        holder.release()
    assert slots.busy == 0


def test_without_a_queue_no_request_waits() -> None:
    slots = Slots(1, 0)
    with slots.acquire(), pytest.raises(BusyError), slots.acquire():
        pass


def test_a_request_waits_no_longer_than_the_timeout() -> None:
    slots = Slots(1, 1, timeout_s=0.05)
    with slots.acquire():
        with pytest.raises(BusyError, match=r"0\.05 s"), slots.acquire():
            pass
        assert (slots.busy, slots.queued) == (1, 0)
    with slots.acquire():
        assert slots.busy == 1


def test_a_slot_that_comes_at_the_last_moment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = Slots(1, 1)
    holder = Holder(slots, [], "a")
    wait_until(lambda: slots.busy == 1)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            holder.release()  # After the timeout, and before the lock is taken.
            return False

    monkeypatch.setattr("alpr.service.admission.threading.Event", Late)
    with slots.acquire():
        assert (slots.busy, slots.queued) == (1, 0)
    assert slots.busy == 0


def test_a_slot_is_released_whatever_happens_in_it() -> None:
    slots = Slots(1, 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), slots.acquire():
            raise ZeroDivisionError
    assert slots.busy == 0


def test_many_threads_lose_no_slot() -> None:
    slots, inside, peak = Slots(3, 100), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(50):
            with slots.acquire():
                with lock:
                    inside[0] += 1
                    peak[0] = max(peak[0], inside[0])
                with lock:
                    inside[0] -= 1

    crew = [threading.Thread(target=work) for _ in range(20)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(TIMEOUT_S)
    assert peak[0] <= 3
    assert (slots.busy, slots.queued) == (0, 0)


def test_the_number_of_slots_is_as_configured_or_else_what_suits_the_engine() -> None:
    assert slot_count(7, FakeEngine()) == 7
    assert slot_count(0, FakeEngine()) == 2
    assert 1 <= slot_count(0, EmbeddedEngine()) <= MAX_CONCURRENT_READS
