"""CodeProject.AI's bodies as pure functions of what was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from uuid import UUID

import pytest

from alpr import __version__
from alpr.engines.base import EngineStatus
from alpr.grid import Grid, Search
from alpr.plates import Box, Plate
from alpr.wire import codeproject
from alpr.wire.codeproject import Body, Drawing, Timing
from testkit.helpers import assert_error, plate


def found(*plates: Plate, tried: tuple[int, ...] = ()) -> Search:
    return Search(plates, 640, 480, 4, tried, 0.05)


def test_order_is_kept_as_found() -> None:
    body = codeproject.plates(found(plate("B", 0.9), plate("A", 0.8)), Timing(5, 7), "CPU")
    assert [p["plate"] for p in body["predictions"]] == ["B", "A"]
    assert (body["inferenceMs"], body["processMs"], body["analysisRoundTripMs"]) == (5, 7, 7)


def test_what_was_tried_is_told() -> None:
    body = codeproject.plates(found(tried=(2, 5)), Timing(), "CPU")
    assert body["grid"] == {"grid_size": 4, "whole_image": True, "cells_tried": [2, 5]}
    assert (body["image_width"], body["image_height"]) == (640, 480)


def test_top_level_holds_no_label_and_no_error() -> None:
    body = codeproject.plates(found(plate()), Timing(), "CPU")
    assert not {"label", "confidence", "error"} & body.keys()


@pytest.mark.parametrize(("least", "count"), [(0, 3), (0.5, 2), (0.9, 1), (0.91, 0)])
def test_boxes_at_least_so_sure(least: float, count: int) -> None:
    seen = [plate("A", 0.9), plate("B", 0.5), plate("C", 0.1)]
    body = codeproject.boxes(found(*seen), least, Timing(), "CPU")
    assert (body["count"], len(body["predictions"])) == (count, count)
    assert body["message"] == ("Found license-plate" if count else "No plates found")


def test_boxes_are_ordered_by_what_they_tell() -> None:
    sure = Plate("A", 0.2, Box(0, 0, 9, 9), detection_confidence=0.9)
    body = codeproject.boxes(found(plate("B", 0.8), sure), 0, Timing(), "CPU")
    assert [p["confidence"] for p in body["predictions"]] == [0.9, 0.8]


def test_fractions_have_four_digits() -> None:
    seen = Plate("A", 0.123456, Box(0, 0, 9, 9), 0.654321, (0.111111,))
    (plate_found,) = codeproject.plates(found(seen), Timing(), "")["predictions"]
    (box_found,) = codeproject.boxes(found(seen), 0, Timing(), "")["predictions"]
    assert (plate_found["confidence"], plate_found["detection_confidence"]) == (0.1235, 0.654321)
    assert plate_found["char_confidences"] == [0.1111]
    assert box_found["confidence"] == 0.6543


def test_an_error_has_the_shape_and_the_id_it_was_given() -> None:
    body = codeproject.error("why", 415, "some-id")
    assert_error(body, 415)
    assert (body["error"], body["requestId"]) == ("why", "some-id")
    assert_error(codeproject.error("why", 400), 400)


@pytest.mark.parametrize(
    "body",
    [
        partial(codeproject.plates, found(), Timing(), "CPU"),
        partial(codeproject.boxes, found(), 0, Timing(), "CPU"),
        partial(codeproject.grid_drawing, Drawing("data:", 4, 3, Grid(2, (1,)))),
        partial(codeproject.error, "why", 400),
        codeproject.model_list,
    ],
)
def test_a_request_has_the_id_it_was_given_or_a_new_one(body: Callable[..., Body]) -> None:
    assert body(request_id="some-id")["requestId"] == "some-id"
    assert UUID(body()["requestId"]).version == 4


def test_version_is_the_programs() -> None:
    body = codeproject.version()
    assert body["message"] == __version__
    parts = [body["version"][name] for name in ("major", "minor", "patch", "preRelease")]
    assert ".".join(map(str, parts)).rstrip(".") == __version__
    assert codeproject.update_available()["updateAvailable"] is False


def test_engine_status_for_health_pages() -> None:
    status = EngineStatus("ultimate", False, "GPU", 7, 2, "no licence")
    body = codeproject.engine_status(status)
    assert body["lastError"] == "no licence"
    assert (body["calls"], body["restarts"], body["ready"]) == (7, 2, False)
    listed = codeproject.module_list(status, datetime.now(timezone.utc))
    assert listed["statuses"][0]["status"] == "Starting"


def test_every_body_is_json_without_help() -> None:
    seen = Plate("Ä1", 0.9, Box(0, 0, 9, 9), 0.8, (0.5,), {"car": {"colour": "red"}})
    status = EngineStatus("fake", True, "CPU")
    for body in (
        codeproject.plates(found(seen), Timing(), "CPU"),
        codeproject.boxes(found(seen), 0, Timing(), "CPU"),
        codeproject.grid_drawing(Drawing("data:", 4, 3, Grid(2, (1,)))),
        codeproject.model_list(),
        codeproject.update_available(),
        codeproject.module_list(status, datetime.now(timezone.utc)),
    ):
        assert json.loads(json.dumps(body, allow_nan=False)) == body
