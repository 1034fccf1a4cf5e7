"""Plate Recognizer's Snapshot SDK: clients send ``upload``, ``regions``, ``camera_id``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from alpr.plates import Box, Plate
from testkit.engines import make_plate
from testkit.forms import Part, encode_form
from testkit.service import serving
from testkit.wire_client import Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, JPEG

PATH = "/v1/plate-reader/"
BOUNDARY = "c0ffee"


def request(path: str = PATH, *extra: Part, image: bytes = JPEG) -> bytes:
    file = Part('name="upload"; filename="front \xfc.jpg"', image)
    body = encode_form([*extra, file], BOUNDARY)
    headers = [
        ("Host", HOST),
        ("User-Agent", "python-requests/2.32.5"),
        ("Authorization", "Token 0123456789"),
        ("Content-Length", str(len(body))),
        ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
    ]
    return raw_request(f"POST {path} HTTP/1.1", headers, body)


def reads(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What Home Assistant's component takes out, indexing all of it."""
    assert body["usage"]["calls"] <= body["usage"]["max_calls"]
    return [
        {
            "plate": result["plate"],
            "confidence": result["score"],
            "region_code": result["region"]["code"],
            "vehicle_type": result["vehicle"]["type"],
            "box": [result["box"][key] for key in ("ymin", "xmin", "ymax", "xmax")],
        }
        for result in body["results"]
    ]


@pytest.mark.parametrize("path", [PATH, "/v1/plate-reader", "/V1/Plate-Reader/"])
def test_plates_in_lower_case_with_everything_indexed(path: str) -> None:
    seen = [
        make_plate("XY 99", 0.5, left=90),
        Plate("ABC123", 0.94321, Box(10, 20, 70, 40), 0.98765),
    ]
    with serving([seen]) as server:
        answer = server.exchange(request(path))
    assert answer.status in (200, 201)
    best, other = reads(answer.json)
    assert best == {
        "plate": "abc123",
        "confidence": 0.943,
        "region_code": "unknown",
        "vehicle_type": "unknown",
        "box": [20, 10, 40, 70],
    }
    assert other["plate"] == "xy99"
    first = answer.json["results"][0]
    assert first["dscore"] == 0.988
    assert first["candidates"] == [{"plate": "abc123", "score": 0.943}]
    assert first["vehicle"]["box"].keys() == first["box"].keys()
    assert isinstance(first["region"]["score"], float)


def test_fields_are_returned_and_unknown_ones_ignored(server: Server) -> None:
    answer = server.exchange(
        request(
            PATH,
            Part('name="regions"', b"gb"),
            Part('name="regions"', b"fr"),
            Part('name="config"', b'{"mode":"fast"}'),
            Part('name="mmc"', b"true"),
            Part('name="camera_id"', "Einfahrt Süd".encode()),
            Part('name="timestamp"', b"2026-11-22T10:00:00Z"),
        )
    ).json
    assert answer["camera_id"] == "Einfahrt Süd"
    assert answer["timestamp"] == "2026-11-22T10:00:00Z"
    assert answer["filename"] == "front ü.jpg"
    assert isinstance(answer["processing_time"], float)


def test_an_image_whose_file_name_is_not_utf8_is_read(server: Server) -> None:
    sent = request(PATH, Part('name="note"', b"caf\xe9"))
    sent = sent.replace("front \xfc.jpg".encode(), b"front  \xfc.jpg")
    answer = server.exchange(sent)
    assert answer.status == 200
    assert answer.json["filename"] == "front  \xfc.jpg"
    assert len(answer.json["results"]) == 1


def test_defaults_of_fields_that_were_not_sent(server: Server) -> None:
    body = server.exchange(request()).json
    assert body["camera_id"] is None
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


def test_calls_are_counted(server: Server) -> None:
    calls = [server.exchange(request()).json["usage"]["calls"] for _ in range(3)]
    assert calls == [1, 2, 3]


def test_no_plate_and_no_image(server: Server) -> None:
    with serving([[]]) as blind:
        assert reads(blind.exchange(request()).json) == []
    answer = server.exchange(request(image=b"no image"))
    assert answer.status == 415
    assert_error(answer.json, 415)
