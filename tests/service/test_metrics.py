"""The metrics, scraped as Prometheus does."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.settings import Settings
from alpr.stages import recorded, stage
from testkit.engines import BrokenEngine, make_plate
from testkit.forms import upload
from testkit.service import client_of

READ = "/v1/vision/alpr"


def values(client: FlaskClient) -> dict[str, float]:
    """Each sample by its name and labels, as in ``alpr_refusals_total reason=busy``."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return {
        " ".join([sample.name, *(f"{k}={v}" for k, v in sample.labels.items())]): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status() -> None:
    client = client_of()
    for path in (READ, "/V1/vision//alpr/", READ):
        client.post(path, **upload())
    client.post(READ, **upload(b"not an image"))
    for number in range(3):
        client.get(f"/nowhere/{number}")
    seen = values(client)
    assert seen[f"alpr_requests_total route={READ} status=200"] == 3
    assert seen[f"alpr_requests_total route={READ} status=415"] == 1
    assert seen["alpr_requests_total route=unmatched status=404"] == 3
    assert seen[f"alpr_request_seconds_count route={READ}"] == 4
    assert not any("nowhere" in name for name in seen)
    assert values(client)["alpr_requests_total route=/metrics status=200"] == 1


def test_plates_cells_and_empty_results_are_counted() -> None:
    client = client_of([[make_plate(), make_plate(left=90)], [], []])
    client.post(READ, **upload(values={"grid_size": "2", "wanted_cells": "1,2,3"}))
    client.post(READ, **upload(values={"grid_size": "2", "wanted_cells": "1,2,3"}))
    seen = values(client)
    assert seen["alpr_plates_total"] == 2
    assert seen["alpr_cells_tried_total"] == 3
    assert seen["alpr_empty_results_total"] == 1
    assert seen["alpr_engine_calls_total"] == 5
    assert seen["alpr_stage_seconds_count stage=decode"] == 2
    assert seen["alpr_stage_seconds_count stage=grid"] == 1


@pytest.mark.parametrize(
    ("reason", "data"),
    [("bad_request", b""), ("image", b"\xff\xd8\xff\xe0"), ("format", b"text")],
)
def test_refusals_are_counted_by_reason(reason: str, data: bytes) -> None:
    client = client_of()
    client.post(READ, **upload(data))
    assert values(client)[f"alpr_refusals_total reason={reason}"] == 1


@pytest.mark.parametrize(
    ("reason", "engine"), [("engine", FakeEngine([EngineError("gone")])), ("bug", BrokenEngine())]
)
def test_failures_of_the_service_have_reasons_too(reason: str, engine: FakeEngine) -> None:
    client = client_of(engine)
    client.post(READ, **upload())
    seen = values(client)
    assert seen[f"alpr_refusals_total reason={reason}"] == 1
    assert seen["alpr_stage_seconds_count stage=decode"] == 1


def test_slots_engine_and_process_have_metrics() -> None:
    engine = FakeEngine()
    client = client_of(engine, Settings(slots=3, queue=5))
    seen = values(client)
    assert (seen["alpr_slots"], seen["alpr_slots_busy"]) == (3, 0)
    assert (seen["alpr_queue_limit"], seen["alpr_queue_length"]) == (5, 0)
    assert (seen["alpr_engine_ready"], seen["alpr_engine_restarts_total"]) == (0, 0)
    engine.warm_up()
    assert values(client)["alpr_engine_ready"] == 1
    assert seen["process_resident_memory_bytes"] > 1_000_000
    assert seen["process_open_fds"] > 0


def test_two_services_count_separately() -> None:
    one, other = client_of(), client_of()
    one.post(READ, **upload())
    assert values(one)["alpr_plates_total"] == 1
    assert values(other)["alpr_plates_total"] == 0


def test_the_embedded_engine_records_its_stages() -> None:
    client = client_of(EmbeddedEngine(), Settings(grid_size=2))
    client.post(READ, **upload())
    seen = values(client)
    for name in ("decode", "detect", "read", "grid"):
        assert seen[f"alpr_stage_seconds_count stage={name}"] == 1
        assert seen[f"alpr_stage_seconds_sum stage={name}"] >= 0


def test_a_stage_is_added_to_its_innermost_recorder_only() -> None:
    with stage("decode"):
        pass
    with recorded() as outer:
        with stage("decode"):
            pass
        once = outer["decode"]
        with recorded() as inner, stage("read"):
            pass
        with pytest.raises(ZeroDivisionError), stage("decode"):
            raise ZeroDivisionError
    assert outer["decode"] > once
    assert list(outer) == ["decode"]
    assert list(inner) == ["read"]
