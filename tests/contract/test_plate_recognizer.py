"""Plate Recognizer's Snapshot SDK: clients send ``upload``, ``regions``, ``camera_id``."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from alpr import __version__
from alpr.plates import Box, Plate
from alpr.settings import Settings
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


@pytest.mark.parametrize("path", [PATH, "/v1/plate-reader", "/V1/Plate-Reader/", "/alpr"])
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
    assert answer.status == 400  # as the vendor's SDK has it; a client takes it for an empty frame
    assert_error(answer.json, 400)
    assert reads(answer.json) == []
    assert answer.json["detail"] == answer.json["error"]
    assert answer.json["status_code"] == 400


ENCODED = base64.b64encode(JPEG).decode()
TEXTS = [ENCODED, f"data:image/jpeg;base64,{ENCODED}"]
URLENCODED = "application/x-www-form-urlencoded"
SMALL_FIELDS = Settings(host="127.0.0.1", port=0, max_field_kb=1)


def post(body: bytes, kind: str, path: str = PATH) -> bytes:
    headers = [("Host", HOST), ("Content-Type", kind), ("Content-Length", str(len(body)))]
    return raw_request(f"POST {path} HTTP/1.1", headers, body)


@pytest.mark.parametrize("text", TEXTS, ids=["bare", "data URI"])
@pytest.mark.parametrize("path", [PATH, "/alpr", "/v1/vision/alpr"])
def test_base64_in_every_kind_of_body(path: str, text: str) -> None:
    """Node-RED's node sends form text, the genetec bridge a urlencoded body, an app JSON."""
    form = [Part('name="upload"', text.encode()), Part('name="mmc"', b"false")]
    bodies = [
        (encode_form(form, BOUNDARY), f"multipart/form-data; boundary={BOUNDARY}"),
        (urlencode({"upload": text, "camera_id": "gate"}).encode(), URLENCODED),
        (f"upload={text}".encode(), f"{URLENCODED}; charset=utf-8"),
        (json.dumps({"upload": text, "regions": ["gb"]}).encode(), "application/json"),
    ]
    assert len(text) > 1000
    with serving(settings=SMALL_FIELDS) as server:
        answers = [server.exchange(post(body, kind, path)) for body, kind in bodies]
    assert [answer.status for answer in answers] == [200] * 4
    assert all(b"fake123" in answer.body.lower() for answer in answers)


def test_a_file_part_without_a_file_name(server: Server) -> None:
    body = encode_form([Part('name="upload"', JPEG)], BOUNDARY)
    answer = server.exchange(post(body, f"multipart/form-data; boundary={BOUNDARY}"))
    assert answer.json["results"][0]["plate"] == "fake123"
    assert answer.json["filename"] == "upload"


def test_nothing_is_fetched(server: Server) -> None:
    body = urlencode({"upload_url": "https://example.org/car.jpg"}).encode()
    answer = server.exchange(post(body, URLENCODED))
    assert answer.status == 400
    assert "nothing is fetched" in answer.json["detail"]
    assert answer.json["results"] == []


def test_an_error_is_of_both_shapes(server: Server) -> None:
    """HASS-plate-recognizer fires an event where ``results`` is absent, and reads ``usage``."""
    for path, status in ((PATH, 400), ("/alpr", 400)):
        answer = server.exchange(post(b"", "text/plain", path))
        assert answer.status == status
        assert_error(answer.json, status)
        assert reads(answer.json) == []
        assert answer.json["detail"] == answer.json["error"]
        assert answer.json["status_code"] == status
    too_many = Settings(host="127.0.0.1", port=0, api_key="secret")
    with serving(settings=too_many) as guarded:
        assert guarded.exchange(request()).json["status_code"] == 401
        opened = request().replace(b"Token 0123456789", b"Token secret")
        assert reads(guarded.exchange(opened).json)


def test_what_sdk_users_ask_for(server: Server) -> None:
    server.exchange(request())
    get = [server.exchange(raw_request(f"GET {path} HTTP/1.1", [("Host", HOST)])).json
           for path in ("/info/", "/v1/statistics/")]  # fmt: skip
    info, statistics = get
    assert info["version"] == __version__
    assert info["usage"]["calls"] == statistics["usage"]["calls"] == 1
    assert statistics["total_calls"] >= statistics["usage"]["calls"]
