"""The metrics at ``/metrics`` for Prometheus; docs/operation.md explains each name.

Labels have few values: a route is its rule, never the path that a client sent.
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
from alpr.recognition import Result
from alpr.service.admission import Slots

CONTENT_TYPE = CONTENT_TYPE_LATEST
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
STAGE_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
REASONS_FROM_ZERO = ("bug", "busy", "engine")
"""Refusal reasons that are exported as 0 from the start.

Alerts use ``increase()``, and Prometheus sees none when a series first appears with the value 1.
"""

# A counter's creation time is not used here, and would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs has no types


class Metrics:
    """The metrics of one service; safe to use from many threads."""

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
        for reason in REASONS_FROM_ZERO:
            self._refusals.labels(reason)
        self._plates = Counter("alpr_plates", "Plates found.", registry=registry)
        self._left_out = Counter(
            "alpr_plates_left_out", "Plates left out as of no region.", registry=registry
        )
        self._cells = Counter("alpr_cells_tried", "Cells of grids tried.", registry=registry)
        self._empty = Counter(
            "alpr_empty_results", "Images on which no plate was found.", registry=registry
        )
        _add_slots_gauges(slots, registry)
        registry.register(_EngineCollector(engine))
        ProcessCollector(registry=registry)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_refusal(self, reason: str) -> None:
        self._refusals.labels(reason).inc()

    def observe_stages(self, seconds: Mapping[str, float]) -> None:
        """Seconds that one request spent in each stage."""
        for name, value in seconds.items():
            self._stage_seconds.labels(name).observe(value)

    def count_result(self, result: Result) -> None:
        self._plates.inc(len(result.plates))
        self._left_out.inc(result.left_out)
        self._cells.inc(len(result.cells_tried))
        self._empty.inc(not result.plates)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format, :data:`CONTENT_TYPE`."""
        return generate_latest(self._registry)


def _add_slots_gauges(slots: Slots, registry: CollectorRegistry) -> None:
    gauges = {
        "alpr_slots": ("Images read at once, at most.", lambda: slots.count),
        "alpr_slots_busy": ("Images being read.", lambda: slots.busy),
        "alpr_queue_length": ("Images waiting for a slot.", lambda: slots.queued),
        "alpr_queue_limit": ("Images that may wait for a slot.", lambda: slots.queue),
    }
    for name, (meaning, value) in gauges.items():
        Gauge(name, meaning, registry=registry).set_function(value)


class _EngineCollector(Collector):
    """Reads the engine's own counts at each scrape."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        status = self._engine.status()
        yield CounterMetricFamily(
            "alpr_engine_calls", "Images and cells given to the engine.", status.calls
        )
        yield CounterMetricFamily(
            "alpr_engine_restarts",
            "How often the engine was restarted.",
            status.facts.get("restarts", 0),
        )
        yield GaugeMetricFamily(
            "alpr_engine_ready", "1 while the engine can read.", int(status.ready)
        )
