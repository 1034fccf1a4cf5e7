"""What ``/metrics`` tells Prometheus; docs/operation.md explains each name.

Labels have few values: a route is its rule, never the path that somebody sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from alpr.engines.base import Engine
from alpr.grid import Search
from alpr.service.admission import Slots

CONTENT_TYPE = CONTENT_TYPE_LATEST
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
STAGE_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
ALARMING = ("bug", "busy", "engine")
"""Refusals that are shown before there is one: from nothing to 1 is no increase to Prometheus."""

# When a counter began is of no use to us, and each such time would be a series more.
disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs has no types


class Metrics:
    """The numbers of one service; may be told and asked from any thread."""

    def __init__(self, engine: Engine, slots: Slots) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "alpr_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "alpr_request_seconds",
            "Seconds from a request's whole arrival to its answer.",
            ["route"],
            buckets=REQUEST_BUCKETS_S,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "alpr_stage_seconds",
            "Seconds that a request spent in each stage; grid holds its own detect and read.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._refusals = Counter(
            "alpr_refusals", "Requests that were refused.", ["reason"], registry=registry
        )
        for reason in ALARMING:
            self._refusals.labels(reason)
        self._plates = Counter("alpr_plates", "Plates found.", registry=registry)
        self._cells = Counter("alpr_cells_tried", "Cells of grids tried.", registry=registry)
        self._empty = Counter(
            "alpr_empty_results", "Images on which no plate was found.", registry=registry
        )
        _slots_gauges(slots, registry)
        registry.register(_EngineCollector(engine))
        ProcessCollector(registry=registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        self._refusals.labels(reason).inc()

    def spent(self, seconds: Mapping[str, float]) -> None:
        """What one request spent in each stage."""
        for name, value in seconds.items():
            self._stage_seconds.labels(name).observe(value)

    def found(self, search: Search) -> None:
        self._plates.inc(len(search.plates))
        self._cells.inc(len(search.cells_tried))
        self._empty.inc(not search.plates)

    def page(self) -> bytes:
        """All of it in Prometheus' text format, :data:`CONTENT_TYPE`."""
        return generate_latest(self._registry)


def _slots_gauges(slots: Slots, registry: CollectorRegistry) -> None:
    gauges = {
        "alpr_slots": ("Images read at once, at most.", lambda: slots.count),
        "alpr_slots_busy": ("Images being read.", lambda: slots.busy),
        "alpr_queue_length": ("Images waiting for a slot.", lambda: slots.queued),
        "alpr_queue_limit": ("Images that may wait for a slot.", lambda: slots.queue),
    }
    for name, (meaning, value) in gauges.items():
        Gauge(name, meaning, registry=registry).set_function(value)


class _EngineCollector(Collector):
    """An engine counts for itself; it is asked whenever Prometheus asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        status = self._engine.status()
        yield CounterMetricFamily(
            "alpr_engine_calls", "Images and cells given to the engine.", status.calls
        )
        yield CounterMetricFamily(
            "alpr_engine_restarts", "How often the engine was started anew.", status.restarts
        )
        yield GaugeMetricFamily(
            "alpr_engine_ready", "1 while the engine can read.", int(status.ready)
        )
