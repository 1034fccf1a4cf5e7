"""Where a request's time goes, without a word of it in what functions return.

Whoever works says ``with stage("decode")``; whoever wants to know says ``with recorded() as spent``
around it. Nobody has to listen, and then a stage costs two readings of the clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_spent: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Adds the body's seconds to this stage, for whoever listens in the same thread."""
    started = time.perf_counter()
    try:
        yield
    finally:
        spent = _spent.get()
        if spent is not None:
            spent[name] = spent.get(name, 0) + time.perf_counter() - started


@contextmanager
def recorded() -> Iterator[dict[str, float]]:
    """Seconds by stage, which grow while the body runs."""
    spent: dict[str, float] = {}
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)
