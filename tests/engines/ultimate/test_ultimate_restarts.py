"""A restart is a new process, warm before the old one goes; no read waits for it."""

from __future__ import annotations

import gc
import os
import signal
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest
from PIL import Image

from alpr.engines.base import Engine

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen

LOOKS = 100
"""At what this process holds, some 5 ms apart, that have to show the same."""

BETWEEN_READS_S = 0.1
"""Pause where the start of a spare, slow on a busy machine, must not take as long as the hundred
reads that a due worker may still do."""


@dataclass(frozen=True)
class Read:
    text: str
    began: float
    ended: float

    @property
    def took(self) -> float:
        return self.ended - self.began


def read_from_threads(engine: Engine, image: Image.Image, reads: int, threads: int) -> list[Read]:
    """So many reads in all; whatever goes wrong in one is its text."""
    done: list[Read] = []
    left = iter(range(reads))

    def work() -> None:
        for _ in left:
            began = time.monotonic()
            try:
                text = engine.read(image)[0].text
            except Exception as error:  # noqa: BLE001 - told by the assertion on the texts
                text = repr(error)
            done.append(Read(text, began, time.monotonic()))

    crew = [threading.Thread(target=work) for _ in range(threads)]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    return done


def test_ten_thousand_reads_from_four_threads_with_a_restart_every_3000(
    double: Double, open_engine: Open, seen: Seen
) -> None:
    image = Image.effect_noise((32, 24), 80).convert("RGB")
    start_s = 0.8
    double.tell(WORK_MS=0.5, START_MS=start_s * 1000)
    engine = open_engine(restart_after_calls=3000)
    engine.warm_up()
    reads = read_from_threads(engine, image, 10_000, threads=4)
    assert Counter(read.text for read in reads) == {seen(image): 10_000}
    assert engine.status().calls == 10_000
    # A busy machine may be late with a spare; the last one's turn comes all the same.
    while engine.status().facts["restarts"] < 3 or len(calls := _calls(double)) < 4:
        engine.read(image)
    assert all(count >= 3000 for count in list(calls.values())[:3])
    # Nobody waited for a start, for which the machine would have to take its time, too.
    assert max(read.took for read in reads) < start_s


def _calls(double: Double) -> Counter[int]:
    """How often each worker was called, in the order of their births."""
    return Counter(entry["pid"] for entry in double.log("process"))


def test_reads_during_a_restart_are_hardly_slower_than_others(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(WORK_MS=60, START_MS=400)
    engine = open_engine(restart_after_calls=20)
    engine.warm_up()
    reads = read_from_threads(engine, picture, 90, threads=4)
    assert engine.status().facts["restarts"] >= 2
    assert "ultimateALPR" not in "".join(read.text for read in reads)
    starts = _starts(double)
    during = [read for read in reads if any(_overlap(read, start) for start in starts)]
    others = [read for read in reads if read not in during]
    assert len(during) >= 10
    assert len(others) >= 10
    median = statistics.median(read.took for read in others)
    assert max(read.took for read in during) <= 3 * median


def _starts(double: Double) -> list[tuple[float, float]]:
    """When each worker but the first was started: from its import to its first call."""
    times: list[tuple[float, float]] = []
    for pid in double.processes()[1:]:
        mine = [entry["time"] for entry in double.log() if entry["pid"] == pid]
        first = [e["time"] for e in double.log("process") if e["pid"] == pid]
        times.append((mine[0], first[0] if first else mine[-1]))
    return times


def _overlap(read: Read, span: tuple[float, float]) -> bool:
    return read.began < span[1] and span[0] < read.ended


def test_the_next_worker_is_warm_before_the_last_one_goes(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine(restart_after_calls=10)
    while len({entry["pid"] for entry in double.log("process")}) < 2:
        engine.read(picture)
        assert engine.status().ready
        time.sleep(BETWEEN_READS_S)
    first, second = double.processes()[:2]
    double.until(lambda: (first, "deInit") in [(e["pid"], e["what"]) for e in double.log()])
    order = [(entry["pid"], entry["what"]) for entry in double.log()]
    assert order.index((second, "warmUp")) < order.index((first, "deInit"))
    assert order.count((first, "process")) >= 10


def test_without_standby_two_engines_never_live_at_once(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine(restart_after_calls=5, standby=False)
    reads = read_from_threads(engine, picture, 30, threads=4)
    assert Counter(read.text for read in reads) == {seen(picture): 30}
    log = double.log()
    for pid in double.processes()[1:]:
        before = log[: next(i for i, entry in enumerate(log) if entry["pid"] == pid)]
        earlier = {entry["pid"] for entry in before}
        assert earlier == {entry["pid"] for entry in before if entry["what"] == "deInit"}
    assert set(Counter(e["pid"] for e in double.log("process")).values()) == {5}


def test_a_spare_that_cannot_start_costs_no_read(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    engine = open_engine(restart_after_calls=5)
    engine.warm_up()
    double.tell(FAULTS="init@start")
    while len(double.processes()) < 3:
        assert engine.read(picture)[0].text == seen(picture)
        time.sleep(BETWEEN_READS_S)
    assert engine.status().ready is True
    assert "init was refused" in engine.status().last_error


def test_the_pause_after_a_failed_spare_is_not_for_those_who_lost_their_worker(
    double: Double, open_engine: Open, picture: Image.Image, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(restart_after_calls=5)
    engine.warm_up()
    double.tell(FAULTS="init@start")
    while "the next try is in 4 s" not in caplog.text:
        engine.read(picture)
        time.sleep(BETWEEN_READS_S)
    double.tell(FAULTS="")
    os.kill(double.processes()[0], signal.SIGKILL)
    began = time.monotonic()
    double.until(lambda: engine.read(picture))
    assert time.monotonic() - began < 3


def test_restarts_by_age(double: Double, open_engine: Open, picture: Image.Image) -> None:
    engine = open_engine(restart_after_calls=0, restart_after_seconds=1)
    engine.warm_up()
    first = double.processes()[0]
    while not any(e["pid"] != first for e in double.log("process")):
        engine.read(picture)
    assert engine.status().facts["restarts"] >= 1


def test_no_restart_when_both_limits_are_off(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine(restart_after_calls=0)
    for _ in range(200):
        engine.read(picture)
    assert len(double.processes()) == 1


def test_an_end_that_hangs_holds_up_the_next_start_only_for_a_moment(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="hang@stop")
    engine = open_engine(restart_after_calls=1, standby=False)
    engine.read(picture)
    engine.read(picture)
    first, second = double.processes()
    times = {(entry["pid"], entry["what"]): entry["time"] for entry in double.log()}
    assert times[second, "import"] - times[first, "deInit"] < 4


def test_nothing_is_left_behind_after_a_hundred_restarts(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    # Four engines at once, to be done sooner; each read ends with a restart.
    engines = [open_engine(restart_after_calls=1, standby=False) for _ in range(4)]
    _read_from_each(engines, picture, 2)
    before = _settled(double)
    _read_from_each(engines, picture, 25)
    assert sum(engine.status().facts["restarts"] for engine in engines) >= 4 * 27
    assert _settled(double) == before


def _read_from_each(engines: list[Engine], image: Image.Image, times: int) -> None:
    """So many reads of each engine, and each is warm again after the last."""
    with ThreadPoolExecutor(len(engines)) as pool:
        for _ in range(times):
            list(pool.map(lambda engine: engine.read(image), engines))
        list(pool.map(lambda engine: engine.warm_up(), engines))


def test_nothing_is_left_behind_after_crashes_and_a_close(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    before = _settled(double)
    double.tell(FAULTS="abort@3", WORK_MS=1)
    engine = open_engine(restart_after_calls=2)
    for _ in range(20):
        engine.read(picture)
    engine.close()
    assert _settled(double) == before


def _settled(double: Double) -> dict[str, object]:
    """What this process holds once that stays the same.

    Workers take a moment to end, and what earlier tests have dropped is collected first.
    """
    gc.collect()
    seen: list[dict[str, object]] = []

    def steady() -> bool:
        seen.append(_belongings())
        return len(seen) > LOOKS and all(one == seen[-1] for one in seen[-LOOKS:])

    double.until(steady)
    return seen[-1]


def _belongings() -> dict[str, object]:
    """What this process holds: children with their states, descriptors, threads, named memory."""
    me = psutil.Process()
    return {
        "children": len(me.children(recursive=True)),
        "zombies": sum(child.status() == psutil.STATUS_ZOMBIE for child in me.children()),
        "descriptors": me.num_fds(),
        "threads": me.num_threads(),
        "shared memory": sorted(os.listdir("/dev/shm")),
    }
