"""The memory of a reader above that of the service without one, and its time to ready."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psutil

from alpr import images
from alpr.engines.fake import FakeEngine
from alpr.grid import Grid
from alpr_api import create_app
from benchmarks.contenders import CONTENDERS, SETTINGS, read_file
from benchmarks.costs import read_all
from benchmarks.results import Memory
from benchmarks.timing import timed


def measure(name: str, streets: Sequence[Path], wide: Path) -> Memory:
    """Must run in a fresh process. Every cell of ``wide`` is read."""
    images.prepare(SETTINGS.image_limits)
    create_app(SETTINGS, FakeEngine()).test_client().get("/livez")
    service = _megabytes()
    engine = CONTENDERS[name].open("")
    _, ready_ms = timed(engine.warm_up)
    ready = _megabytes()
    for street in streets:
        read_file(engine, street)
    after_720p = _megabytes()
    every_cell = Grid.parse(str(SETTINGS.grid_size), "")
    read_all(engine, images.decode(wide.read_bytes(), SETTINGS.image_limits), every_cell)
    return Memory(name, service, ready, after_720p, _megabytes(), ready_ms / 1000)


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
