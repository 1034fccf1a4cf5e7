"""What a process and those below it take while something goes on: memory and CPU time."""

from __future__ import annotations

import contextlib
import threading

import psutil

INTERVAL_S = 0.01


class Cost:
    """Watches a process and its children, shared pages once, in the body of a ``with``.

    ``idle`` is their memory before, ``peak`` the most so far, and afterwards ``growth`` is the
    difference; all in bytes. ``cpu_s`` is the CPU time that they took.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._ended = threading.Event()
        self.idle = self.peak = self._memory()
        self._cpu = self._cpu_s()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Cost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.growth = self.peak - self.idle
        self.cpu_s = self._cpu_s() - self._cpu

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self.peak = max(self.peak, self._memory())

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children()]

    def _memory(self) -> int:
        total = 0
        for process in self._all():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
        return total

    def _cpu_s(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._all())
