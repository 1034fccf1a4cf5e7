"""Every success has one shape, with every key and every type; Python's ``bool`` is not an ``int``.

Clients in typed languages fail on a fraction where an integer is due, others index keys unchecked.
"""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Plate
from testkit.engines import make_plate
from testkit.forms import upload
from testkit.routes import BOX_ROUTES, DEBUG_ROUTES, PLATE_ROUTES
from testkit.service import client_of

MODULE = {
    "processMs": int,
    "inferenceMs": int,
    "analysisRoundTripMs": int,
    "moduleId": str,
    "moduleName": str,
    "code": int,
    "command": str,
    "requestId": str,
    "inferenceDevice": str,
    "processedBy": str,
    "timestampUTC": str,
}
FOUND = {"success": bool, "message": str, "count": int, "predictions": list, **MODULE}
TRIED = {"image_width": int, "image_height": int, "grid": dict}
CORNERS = {"x_min": int, "y_min": int, "x_max": int, "y_max": int}
PLATE = {
    "label": str,
    "plate": str,
    "confidence": float,
    **CORNERS,
    "plate_annotation": str,
    "ocr_annotation": type(None),
    "valid_ocr_annotation": bool,
}
KNOWN = {"detection_confidence": float, "char_confidences": list}


def types(body: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in body.items()}


def ask(client: FlaskClient, path: str, **values: str) -> dict[str, Any]:
    response = client.post(path, **upload(values=values))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    body: dict[str, Any] = json.loads(response.data.decode("utf-8"))
    return body


def assert_module(body: dict[str, Any], command: str) -> None:
    assert body["success"] is True
    assert body["code"] == 200
    assert body["command"] == command
    assert body["moduleId"] == "ALPR"
    assert body["moduleName"] == "License Plate Reader"
    assert body["processedBy"] == "localhost"
    assert str(UUID(body["requestId"])) == body["requestId"]
    assert body["timestampUTC"].endswith(" GMT")
    assert parsedate_to_datetime(body["timestampUTC"]).tzinfo is not None


@pytest.mark.parametrize("path", PLATE_ROUTES)
def test_plates(client: FlaskClient, path: str) -> None:
    body = ask(client, path)
    assert types(body) == {**FOUND, **TRIED}
    assert_module(body, "alpr")
    assert body["inferenceDevice"] == "CPU"
    assert (body["image_width"], body["image_height"]) == (160, 120)
    assert body["grid"] == {"grid_size": 4, "whole_image": True, "cells_tried": []}
    (found,) = body["predictions"]
    assert types(found) == {**PLATE, **KNOWN}
    assert [found[key] for key in CORNERS] == [64, 54, 96, 66]
    assert found["char_confidences"] == [0.9] * 7
    assert found["detection_confidence"] == 0.95


@pytest.mark.parametrize("path", BOX_ROUTES)
def test_boxes(client: FlaskClient, path: str) -> None:
    body = ask(client, path)
    assert types(body) == {**FOUND, **TRIED}
    assert_module(body, "detect")
    (found,) = body["predictions"]
    assert types(found) == {"label": str, "confidence": float, **CORNERS}
    assert (found["label"], found["confidence"]) == ("license-plate", 0.95)


@pytest.mark.parametrize("path", DEBUG_ROUTES)
def test_drawing(client: FlaskClient, path: str) -> None:
    body = ask(client, path)
    expected = {"image": str, "grid_size": int, "wanted_cells": list, "success": bool}
    assert types(body) == {**expected, **MODULE, "image_width": int, "image_height": int}
    assert_module(body, "alpr_grid_debug")


@pytest.mark.parametrize("path", (*PLATE_ROUTES, *BOX_ROUTES))
def test_no_plate_is_a_success(path: str) -> None:
    body = ask(client_of([[]]), path)
    assert types(body) == {**FOUND, **TRIED}
    assert (body["success"], body["count"], body["predictions"]) == (True, 0, [])
    assert body["message"] == "No plates found"
    assert "error" not in body


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("A", "Found Plate: A"),
        ("ABC", "Found Plate: A, Plate: B, Plate: C"),
        ("ABCD", "Found Plate: A, Plate: B, Plate: C..."),
    ],
)
def test_the_message_names_at_most_three_plates(texts: str, message: str) -> None:
    seen = [make_plate(text, 0.9 - i / 10, left=0, top=30 * i) for i, text in enumerate(texts)]
    body = ask(client_of([seen]), PLATE_ROUTES[0])
    assert (body["message"], body["count"]) == (message, len(texts))


def test_all_plates_are_answered_with_the_best_first() -> None:
    seen = [make_plate(f"P{i}", (i * 7 % 25) / 25, left=0, top=25 * i) for i in range(25)]
    found = ask(client_of([seen]), PLATE_ROUTES[0])["predictions"]
    assert len(found) == 25
    confidences = [p["confidence"] for p in found]
    assert confidences == sorted(confidences, reverse=True)


@pytest.mark.parametrize(
    ("read", "answered"),
    [
        ("ABC 123", "ABC123"),
        (" A\tB\u00a0C\n1 ", "ABC1"),
        ("B-MW:12,3", "B-MW123"),
        ("abC1", "abC1"),
        ("ÄÖ\u4eac12", "ÄÖ\u4eac12"),
    ],
)
def test_label_is_plate_and_text(read: str, answered: str) -> None:
    (found,) = ask(client_of([[make_plate(read)]]), PLATE_ROUTES[0])["predictions"]
    assert found["plate"] == answered
    assert found["label"] == f"Plate: {answered}"
    assert found["plate_annotation"] == answered


def test_a_value_that_the_engine_does_not_know_is_absent() -> None:
    (found,) = ask(client_of([[make_plate()]]), PLATE_ROUTES[0])["predictions"]
    assert types(found) == PLATE


def test_extras_are_passed_on_but_replace_no_key() -> None:
    extras = {"country": "FR", "plate": "HIJACK", "confidence": "high", "label": "car", "x_min": 1}
    seen = Plate("ABC123", 0.9, Box(10, 20, 70, 40), extras=extras)
    (found,) = ask(client_of([[seen]]), PLATE_ROUTES[0])["predictions"]
    assert types(found) == {**PLATE, "country": str}
    assert (found["label"], found["x_min"]) == ("Plate: ABC123", 10)


def test_confidence_is_a_fraction_with_few_digits() -> None:
    seen = [make_plate("A", 0.123456789), make_plate("B", 1, top=60), make_plate("C", 0, top=90)]
    found = ask(client_of([seen]), PLATE_ROUTES[0])["predictions"]
    assert [p["confidence"] for p in found] == [1, 0.1235, 0]


def test_times_are_those_of_the_engine_and_of_the_whole_request() -> None:
    body = ask(client_of(FakeEngine(delay_s=0.05)), PLATE_ROUTES[0])
    assert 50 <= body["inferenceMs"] <= body["processMs"] <= body["analysisRoundTripMs"] < 60_000


def test_every_request_has_its_own_id(client: FlaskClient) -> None:
    assert len({ask(client, PLATE_ROUTES[0])["requestId"] for _ in range(3)}) == 3


def test_the_body_is_one_object_in_utf_8_without_a_byte_order_mark(client: FlaskClient) -> None:
    data = client.post(PLATE_ROUTES[0], **upload()).data
    assert re.match(rb'\{"success":true', data.replace(b" ", b"").replace(b"\n", b""))
    assert b"NaN" not in data


@pytest.mark.parametrize(
    ("least", "labels"),
    [("", 2), ("0", 3), ("0.4", 2), ("0.95", 1), (" 0.7 ", 2), ("1", 0), ("1.0", 0)],
)
@pytest.mark.parametrize("path", BOX_ROUTES)
def test_boxes_honour_min_confidence(path: str, least: str, labels: int) -> None:
    seen = [make_plate("A", 0.95), make_plate("B", 0.7, top=50), make_plate("C", 0.39, top=90)]
    assert ask(client_of([seen]), path, min_confidence=least)["count"] == labels


@pytest.mark.parametrize("value", ["-0.1", "1.1", "nan", "inf", "x", "0,4", "1e9"])
@pytest.mark.parametrize("path", BOX_ROUTES)
def test_boxes_name_a_bad_min_confidence(client: FlaskClient, path: str, value: str) -> None:
    response = client.post(path, **upload(values={"min_confidence": value}))
    assert response.status_code == 400
    assert repr(value) in response.get_json()["error"]


@pytest.mark.parametrize("path", PLATE_ROUTES)
def test_plate_routes_ignore_unknown_fields(client: FlaskClient, path: str) -> None:
    odd = {"confidence": "high", "operation": "full", "api_key": "", "": "", "x": ""}
    assert ask(client, path, min_confidence="0.99", **odd)["count"] == 1


def test_livez_and_readyz() -> None:
    client = client_of([[]])
    assert client.get("/livez").get_json() == {"alive": True}
    cold = client.get("/readyz")
    assert cold.status_code == 503
    assert int(cold.headers["Retry-After"]) > 0
    assert cold.get_json()["ready"] is False
    ask(client, PLATE_ROUTES[0])
    warm = client.get("/readyz")
    assert warm.status_code == 200
    body = warm.get_json()
    assert (body["engine"], body["ready"], body["device"]) == ("fake", True, "CPU")
    assert type(body["calls"]) is int
