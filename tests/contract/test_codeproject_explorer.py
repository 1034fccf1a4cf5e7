"""CodeProject.AI's own explorer page, in a browser and on another origin, and what it accepts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from testkit.engines import make_plate
from testkit.service import serving
from testkit.wire_client import Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, JPEG, browser, python_requests

PATH = "/v1/vision/alpr"


def test_the_page_sends_image1_and_confidence_and_shows_labels(server: Server) -> None:
    answer = server.exchange(browser(PATH, "image1", "Büro 1.jpg", {"confidence": "0.4"}))
    assert answer.headers["access-control-allow-origin"] == "*"
    (shown,) = answer.json["predictions"]
    assert (shown["label"], shown["confidence"]) == ("Plate: FAKE123", 0.9)


def test_the_first_file_counts_whatever_its_name(server: Server) -> None:
    ours = browser(PATH, "zzz", "a.jpg", {})
    assert server.exchange(ours).json["count"] == 1
    text = 'name="aaa"; filename="readme.txt"\r\n\r\nnot an image'
    boundary = b"------WebKitFormBoundaryQ0aBcDeFgHiJkLmN"
    head, _, body = ours.partition(b"\r\n\r\n")
    first = boundary + b"\r\nContent-Disposition: form-data; " + text.encode() + b"\r\n" + body
    length = f"Content-Length: {len(first)}".encode()
    head = b"\r\n".join(
        length if line.startswith(b"Content-Length") else line for line in head.split(b"\r\n")
    )
    assert server.exchange(head + b"\r\n\r\n" + first).status == 415


def json_request(body: object, path: str = PATH, kind: str = "application/json") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [("Host", HOST), ("Content-Type", kind), ("Content-Length", str(len(content)))]
    return raw_request(f"POST {path} HTTP/1.1", headers, content)


def file(data: Any = None, **more: str) -> dict[str, Any]:
    text = base64.b64encode(JPEG).decode() if data is None else data
    return {
        "name": "image",
        "filename": "a.jpg",
        "contentType": "image/jpeg",
        "data": text,
        **more,
    }


ENCODED = base64.b64encode(JPEG).decode()
GOOD = {
    "documented": {"values": [{"key": "min_confidence", "value": ["0.4"]}], "files": [file()]},
    "no values": {"files": [file()]},
    "null values": {"values": None, "files": [file()]},
    "value not in a list": {"values": [{"key": "grid_size", "value": "3"}], "files": [file()]},
    "number": {"values": [{"key": "grid_size", "value": 3}], "files": [file()]},
    "no value": {"values": [{"key": "grid_size", "value": []}], "files": [file()]},
    "data uri": {"files": [file("data:image/jpeg;base64," + ENCODED)]},
    "line breaks": {"files": [file("\r\n".join([ENCODED[:76], ENCODED[76:]]))]},
}


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("name", GOOD)
def test_json_bodies(server: Server, name: str, kind: str) -> None:
    answer = server.exchange(json_request(GOOD[name], kind=kind))
    assert answer.status == 200, answer.json
    assert answer.json["predictions"][0]["plate"] == "FAKE123"


BAD = {
    "empty": b"",
    "not json": b"{",
    "not utf-8": b"\xff\xfe\xfd",
    "deep": b"[" * 5_000,
    "long number": b"1" * 10_000,
    "not an object": [],
    "no files": {"values": []},
    "files is text": {"files": "abc"},
    "files of text": {"files": ["abc"]},
    "values of numbers": {"values": [1], "files": [file()]},
    "no data": {"files": [{"name": "image"}]},
    "data is a number": {"files": [file(5)]},
    "not base64": {"files": [file("*" * 40)]},
    "not ascii": {"files": [file("ü" * 40)]},
    "empty data": {"files": [file("")]},
}


@pytest.mark.parametrize("name", BAD)
def test_json_bodies_that_hold_no_image(server: Server, name: str) -> None:
    answer = server.exchange(json_request(BAD[name]))
    assert answer.status == 400
    assert_error(answer.json, 400)


def test_values_of_a_json_body_are_used() -> None:
    values = [{"key": "grid_size", "value": ["2"]}, {"key": "wanted_cells", "value": ["4"]}]
    with serving([[], [make_plate()]]) as server:
        answer = server.exchange(json_request({"values": values, "files": [file()]}))
    assert answer.json["grid"]["cells_tried"] == [4]


def test_query_values_come_before_form_values(server: Server) -> None:
    both = python_requests(PATH + "?grid_size=77", "image", values={"grid_size": "3"})
    answer = server.exchange(both)
    assert answer.status == 400
    assert "'77'" in answer.json["error"]
    both = python_requests(PATH + "?grid_size=3&grid_size=77", "image", values={"grid_size": "88"})
    assert server.exchange(both).json["grid"]["grid_size"] == 3
    form_only = python_requests(PATH, "image", values={"grid_size": "5"})
    assert server.exchange(form_only).json["grid"]["grid_size"] == 5


# Routes are matched without regard to case; slashes are forgiven.
@pytest.mark.parametrize(
    "path",
    [
        "/V1/VISION/ALPR",
        "/v1/Vision/Alpr",
        "/v1/vision/alpr/",
        "/v1/vision/alpr//",
        "//v1/vision/alpr",
        "/v1//vision/alpr",
        "/v1/vision/%61lpr",
        "/v1/vision/alpr?",
    ],
)
def test_odd_paths(server: Server, path: str) -> None:
    answer = server.exchange(python_requests(path, "upload"))
    assert answer.status == 200
    assert answer.json["count"] == 1


def test_a_path_that_contains_the_host(server: Server) -> None:
    sent = python_requests(f"http://{HOST}{PATH}", "upload")
    assert server.exchange(sent).status == 200


@pytest.mark.parametrize("folder", ["/v1/status", "/v1/server/status", "/V1/Server/Status"])
def test_status(server: Server, folder: str) -> None:
    def get(name: str) -> Any:
        answer = server.exchange(raw_request(f"GET {folder}/{name} HTTP/1.1", [("Host", HOST)]))
        assert answer.status == 200
        return answer.json

    ping = get("ping")
    assert ping == get("version")
    assert ping["success"] is True
    assert (ping["code"], ping["hostname"]) == (200, "localhost")
    parts = ping["version"]
    numbers = f"{parts['major']}.{parts['minor']}.{parts['patch']}"
    assert ping["message"] == ".".join(filter(None, [numbers, parts["preRelease"]]))
    assert all(type(parts[key]) is int for key in ("major", "minor", "patch", "build"))
    assert parts["securityUpdate"] is False
    assert {"preRelease", "file", "releaseNotes"} <= parts.keys()
    update = get("updateavailable")
    assert update["updateAvailable"] is False
    assert update["version"] == update["latest"] == update["current"] == parts


@pytest.mark.parametrize("path", ["/v1/module/list/status", "/v1/status/analysis/list"])
def test_module_list(server: Server, path: str) -> None:
    server.exchange(python_requests(PATH, "upload"))
    body = server.exchange(raw_request(f"GET {path} HTTP/1.1", [("Host", HOST)])).json
    assert body["success"] is True
    (module,) = body["statuses"]
    assert module["moduleId"] == "ALPR"
    assert module["status"] == "Started"
    assert module["requestCount"] == 1
    assert {"name", "started", "lastSeen", "statusData"} <= module.keys()
