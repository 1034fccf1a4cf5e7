"""Seconds that a request spends in each stage, measured without passing them through results.

Code that does the work is wrapped in ``with stage("decode")``; a caller that wants the times wraps
it in ``with recorded() as seconds``. Without a recorder, a stage costs two readings of the clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_recorder: ContextVar[dict[str, float] | None] = ContextVar("recorder", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Adds the seconds of the body to this stage of the same thread's innermost recorder."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = _recorder.get()
        if seconds is not None:
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - started


@contextmanager
def recorded() -> Iterator[dict[str, float]]:
    """Seconds by stage, added up while the body runs."""
    seconds: dict[str, float] = {}
    token = _recorder.set(seconds)
    try:
        yield seconds
    finally:
        _recorder.reset(token)
