"""CodeProject.AI's answers as pure functions of a result."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from uuid import UUID

import pytest

from alpr import __version__
from alpr.engines.base import EngineStatus
from alpr.grid import Grid
from alpr.overlay import Drawing
from alpr.plates import Box, Candidate, Plate
from alpr.recognition import Result
from alpr.wire import codeproject, codeproject_status
from alpr.wire.codeproject import Body
from testkit.engines import make_plate
from tests.assertions import assert_error

DRAWING = Drawing("image/webp", b"123", 4, 3, Grid(2, (1,)))


def result(*plates: Plate, tried: tuple[int, ...] = ()) -> Result:
    return Result(plates, 640, 480, 4, tried, 5.4, 7.4, "CPU")


def test_plates_keep_their_order_and_times_are_whole_milliseconds() -> None:
    body = codeproject.plates(result(make_plate("B", 0.9), make_plate("A", 0.8)))
    assert [p["plate"] for p in body["predictions"]] == ["B", "A"]
    assert (body["inferenceMs"], body["processMs"], body["analysisRoundTripMs"]) == (5, 7, 7)


def test_the_grid_and_the_image_size_are_in_the_answer() -> None:
    body = codeproject.plates(result(tried=(2, 5)))
    assert body["grid"] == {"grid_size": 4, "whole_image": True, "cells_tried": [2, 5]}
    assert (body["image_width"], body["image_height"]) == (640, 480)


def test_the_top_level_has_no_label_and_no_error() -> None:
    body = codeproject.plates(result(make_plate()))
    assert not {"label", "confidence", "error"} & body.keys()


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (0.5, 2), (0.9, 1), (0.91, 0)])
def test_boxes_below_min_confidence_are_left_out(threshold: float, count: int) -> None:
    seen = [make_plate("A", 0.9), make_plate("B", 0.5), make_plate("C", 0.1)]
    body = codeproject.boxes(result(*seen), threshold, "plate")
    assert (body["count"], len(body["predictions"])) == (count, count)
    assert body["message"] == ("Found plate" if count else "No plates found")


def test_boxes_are_ordered_by_detection_confidence() -> None:
    best = Plate("A", 0.2, Box(0, 0, 9, 9), detection_confidence=0.9)
    body = codeproject.boxes(result(make_plate("B", 0.8), best), 0, "plate")
    assert [p["confidence"] for p in body["predictions"]] == [0.9, 0.8]


def test_candidates_have_texts_as_clients_take_them_and_probabilities() -> None:
    candidates = (Candidate("A B1", 0.65432), Candidate("A81", 0.2))
    seen = Plate("A B1", 0.9, Box(0, 0, 9, 9), candidates=candidates)
    (found,) = codeproject.plates(result(seen))["predictions"]
    assert found["candidates"] == [
        {"plate": "AB1", "probability": 0.6543},
        {"plate": "A81", "probability": 0.2},
    ]


def test_only_a_cut_plate_says_so() -> None:
    cut = Plate("A", 0.4, Box(0, 0, 9, 9), cut=True)
    first, second = codeproject.plates(result(make_plate("B"), cut))["predictions"]
    assert "cut" not in first
    assert second["cut"] is True


def test_confidences_have_four_decimals() -> None:
    seen = Plate("A", 0.123456, Box(0, 0, 9, 9), 0.654321, (0.111111,))
    (plate_found,) = codeproject.plates(result(seen))["predictions"]
    (box_found,) = codeproject.boxes(result(seen), 0, "plate")["predictions"]
    assert (plate_found["confidence"], plate_found["detection_confidence"]) == (0.1235, 0.6543)
    assert plate_found["char_confidences"] == [0.1111]
    assert box_found["confidence"] == 0.6543


def test_a_drawing_is_a_data_uri() -> None:
    body = codeproject.grid_drawing(DRAWING)
    assert body["image"] == "data:image/webp;base64,MTIz"
    assert (body["image_width"], body["image_height"]) == (4, 3)
    assert (body["grid_size"], body["wanted_cells"]) == (2, [1])


def test_an_error_has_the_common_shape_and_the_id_of_its_request() -> None:
    body = codeproject.error("why", 415, "some-id")
    assert_error(body, 415)
    assert (body["error"], body["requestId"]) == ("why", "some-id")
    assert_error(codeproject.error("why", 400), 400)


@pytest.mark.parametrize(
    "body",
    [
        partial(codeproject.plates, result()),
        partial(codeproject.boxes, result(), 0, "plate"),
        partial(codeproject.grid_drawing, DRAWING),
        partial(codeproject.error, "why", 400),
        codeproject_status.model_list,
    ],
)
def test_an_answer_has_the_id_of_its_request_or_a_new_one(body: Callable[..., Body]) -> None:
    assert body(request_id="some-id")["requestId"] == "some-id"
    assert UUID(body()["requestId"]).version == 4


def test_the_version_is_that_of_the_program() -> None:
    body = codeproject_status.version()
    assert body["message"] == __version__
    parts = [body["version"][name] for name in ("major", "minor", "patch", "preRelease")]
    assert ".".join(map(str, parts)).rstrip(".") == __version__
    assert codeproject_status.update_available()["updateAvailable"] is False


def test_engine_status_and_module_list() -> None:
    status = EngineStatus("ultimate", False, "GPU", 7, "no licence", {"restarts": 2})
    body = codeproject_status.engine_status(status)
    assert body["lastError"] == "no licence"
    assert (body["calls"], body["restarts"], body["refusals"]) == (7, 2, 0)
    assert body["ready"] is False
    listed = codeproject_status.module_list(status, datetime.now(timezone.utc))
    assert listed["statuses"][0]["status"] == "Starting"


def test_every_body_is_plain_json() -> None:
    seen = Plate("Ä1", 0.9, Box(0, 0, 9, 9), 0.8, (0.5,), {"car": {"colour": "red"}})
    status = EngineStatus("fake", True, "CPU")
    for body in (
        codeproject.plates(result(seen)),
        codeproject.boxes(result(seen), 0, "plate"),
        codeproject.grid_drawing(DRAWING),
        codeproject_status.model_list(),
        codeproject_status.update_available(),
        codeproject_status.module_list(status, datetime.now(timezone.utc)),
    ):
        assert json.loads(json.dumps(body, allow_nan=False)) == body
