"""The one shape of every error, on every route and for every way to fail.

::

    {"success": false, "error": "<a sentence>", "predictions": [], "count": 0, "message": "",
     "inferenceMs": 0, "processMs": 0, "analysisRoundTripMs": 0, "code": <the HTTP status>, ...}

Never HTML, never a traceback: HTML crashes two clients, and two more index these keys unchecked.
(``/readyz`` before the engine is warm is no error but a report; test_envelope.py has it.)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

import pytest
from flask.testing import FlaskClient
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError, EngineMissingError
from alpr.plates import Plate
from alpr.server.http_channel import IDLE_TIMEOUT_S
from alpr.settings import Settings
from alpr_api import create_app
from testkit.engines import BrokenEngine
from testkit.forms import Part, encode_form, upload
from testkit.routes import BOX_ROUTES, DEBUG_ROUTES, GET_ROUTES, IMAGE_ROUTES, PLATE_ROUTES
from testkit.service import client_of, serving
from testkit.wire_client import Response, Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, JPEG, chunks

READING_ROUTES = (*PLATE_ROUTES, *BOX_ROUTES, "/v1/plate-reader/")
POST_ROUTES = (*IMAGE_ROUTES, "/v1/vision/custom/list")

BOUNDARY = "x"
SMALL = Settings(host="127.0.0.1", port=0, max_body_mb=1, max_parts=3, max_field_kb=1)


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server that takes one megabyte, three parts and one kilobyte of fields."""
    with serving(settings=SMALL) as running:
        yield running


def assert_answer(answer: Response, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == answer.json["requestId"]
    assert_error(answer.json, status)


def post(path: str, body: bytes, *headers: tuple[str, str]) -> bytes:
    kind = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    length = ("Content-Length", str(len(body)))
    return raw_request(
        f"POST {path} HTTP/1.1", [("Host", HOST), kind, *(headers or [length])], body
    )


def file(data: bytes = JPEG) -> Part:
    return Part('name="upload"; filename="upload"', data)


@pytest.mark.parametrize("path", IMAGE_ROUTES)
@pytest.mark.parametrize(
    ("status", "image"),
    [(400, b""), (400, JPEG[: len(JPEG) // 10]), (415, b"not an image")],
    ids=["empty", "a tenth of an image", "text"],
)
def test_files_that_are_no_images(small: Server, path: str, status: int, image: bytes) -> None:
    if path == "/v1/plate-reader/":
        status = 400  # as Plate Recognizer's SDK has it
    assert_answer(small.exchange(post(path, encode_form([file(image)], BOUNDARY))), status)


@pytest.mark.parametrize("path", IMAGE_ROUTES)
def test_no_image_at_all(small: Server, path: str) -> None:
    assert_answer(small.exchange(raw_request(f"POST {path} HTTP/1.1", [("Host", HOST)])), 400)


@pytest.mark.parametrize("path", POST_ROUTES)
def test_413_by_length_before_the_body_is_sent(small: Server, path: str) -> None:
    answer = small.exchange(post(path, b"", ("Content-Length", "1000001")))
    assert_answer(answer, 413)
    assert "max_body_mb, 1 MB" in answer.json["error"]


@pytest.mark.parametrize("path", ["/v1/vision/alpr", "/v1/plate-reader/", "/nowhere"])
def test_413_by_chunks(small: Server, path: str) -> None:
    body = chunks(bytes(1_000_100), 100_000)
    assert_answer(small.exchange(post(path, body, ("Transfer-Encoding", "chunked"))), 413)


@pytest.mark.parametrize("path", IMAGE_ROUTES)
@pytest.mark.parametrize(
    "parts",
    [
        [file()] * 4,
        [Part('name="x"', b"1"), Part('name="y"', b"1"), Part('name="z"', b"1"), file()],
        [Part('name="x"', b"1" * 1001), file()],
        [Part('name="x"', b"1" * 600), Part('name="y"', b"1" * 600), file()],
        [Part('name="x"', b"1" * 600), Part('name="x"', b"1" * 600), file()],
        [Part('name="x"', b"1" * 300_000), file()],
        [Part(f'name="{"x" * 1100}"', b"1"), file()],
    ],
    ids=["files", "fields", "one long", "two long", "repeated", "very long", "long name"],
)
def test_413_by_parts_and_fields(small: Server, path: str, parts: Sequence[Part]) -> None:
    assert_answer(small.exchange(post(path, encode_form(parts, BOUNDARY))), 413)


def test_just_within_the_limits(small: Server) -> None:
    parts = [Part('name="x"', b"1" * 498), Part('name="y"', b"1" * 498), file()]
    assert small.exchange(post("/v1/vision/alpr", encode_form(parts, BOUNDARY))).status == 200
    filled = encode_form([file(JPEG)], BOUNDARY)
    filled = encode_form([file(JPEG + bytes(1_000_000 - len(filled)))], BOUNDARY)
    assert len(filled) == 1_000_000
    assert small.exchange(post("/v1/vision/alpr", filled)).status == 200


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/v1", "/v1/vision", "/v1/vision/alpr/anything", "/v1/vision/custom", "/v1/alpr",
     "/v1/status/nothing", "/static/none.js", "/static/../alpr_api.py", "/%ff%fe", "/a%0Ab",
     "/" + "x" * 4000, "/v1/vision/alpr%00", "/v1/vision/%2e%2e/alpr"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_404(small: Server, path: str, method: str) -> None:
    answer = small.exchange(raw_request(f"{method} {path} HTTP/1.1", [("Host", HOST)]))
    static = path.startswith("/static/") and method != "GET"
    assert_answer(answer, 405 if static else 404)


@pytest.mark.parametrize(
    ("paths", "methods", "allowed"),
    [
        (IMAGE_ROUTES, ("GET", "PUT", "PATCH", "DELETE", "PROPFIND"), {"POST", "OPTIONS"}),
        (GET_ROUTES, ("POST", "PUT", "PATCH", "DELETE"), {"GET", "HEAD", "OPTIONS"}),
        (
            ("/", "/v1/vision/custom/list"),
            ("PUT", "PATCH", "DELETE"),
            {"GET", "HEAD", "POST", "OPTIONS"},
        ),
    ],
    ids=["posts", "gets", "both"],
)
def test_405(
    small: Server, paths: Sequence[str], methods: Sequence[str], allowed: set[str]
) -> None:
    with small.connect() as wire:
        for path in paths:
            for method in methods:
                wire.send(raw_request(f"{method} {path} HTTP/1.1", [("Host", HOST)]))
                answer = wire.read_response()
                assert_answer(answer, 405)
                assert set(answer.headers["allow"].split(", ")) == allowed
                assert (allowed - {"HEAD", "OPTIONS"}).pop() in answer.json["error"]


@pytest.mark.parametrize("path", READING_ROUTES)
def test_500_by_a_bug_reveals_no_secret(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), serving(BrokenEngine()) as server:
        answer = server.exchange(post(path, encode_form([file()], BOUNDARY)))
        assert_answer(answer, 500)
        assert b"secret" not in answer.body
        assert "retry-after" not in answer.headers
        assert answer.json["requestId"] in answer.json["error"]
        logged = [record for record in caplog.records if record.exc_info]
        assert [answer.json["requestId"] in record.getMessage() for record in logged] == [True]
        assert server.exchange(raw_request("GET /livez HTTP/1.1", [("Host", HOST)])).status == 200


@pytest.mark.parametrize("path", READING_ROUTES)
@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (EngineError("the engine is starting"), 5),
        (EngineError("the engine is busy", retry_after_s=2), 2),
        (EngineMissingError("the SDK is not installed"), 60),
    ],
)
def test_503_says_why_and_when_to_try_again(path: str, fault: EngineError, wait: int) -> None:
    response = client_of([fault]).post(path, **upload())
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(wait)
    assert_error(response.get_json(), 503)
    assert response.get_json()["error"] == str(fault)


def test_503_where_no_memory_is_left() -> None:
    class Starved(FakeEngine):
        def read(self, image: Image.Image) -> list[Plate]:
            raise MemoryError

    response = client_of(Starved()).post("/v1/vision/alpr", **upload())
    assert_error(response.get_json(), 503)
    assert "no memory" in response.get_json()["error"]


def test_503_in_a_cell() -> None:
    response = client_of([[], EngineError("gone")]).post("/v1/vision/alpr", **upload())
    assert_error(response.get_json(), 503)


@pytest.mark.parametrize("path", DEBUG_ROUTES)
def test_a_drawing_needs_no_engine(path: str) -> None:
    assert client_of(BrokenEngine()).post(path, **upload()).status_code == 200


@pytest.mark.parametrize("testing", [False, True])
def test_errors_keep_their_shape_under_flasks_switches(testing: bool) -> None:
    app = create_app(Settings(), BrokenEngine())
    app.config.update(TESTING=testing, DEBUG=testing)
    response = app.test_client().post("/v1/vision/alpr", **upload())
    assert_error(response.get_json(), 500)


def test_a_path_forges_no_line_in_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "alpr_api"):
        client.get("/x%0A2026-11-22 10:00:00 INFO forged%1B[2J")
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.isprintable()
    assert line.startswith("GET /x%0A")


LINE, HOSTED = b"POST /v1/vision/alpr HTTP/1.1\r\n", b"Host: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "request_bytes"),
    [
        (400, b"GET\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nbad header\r\n\r\n"),
        (400, b"get / HTTP/1.1\r\n" + HOSTED + b"\r\n"),
        (400, b"GET http://[ HTTP/1.1\r\n" + HOSTED + b"\r\n"),
        (400, LINE + HOSTED + b"Content-Length: -1\r\n\r\n"),
        (400, LINE + HOSTED + b"Content-Length: ten\r\n\r\n"),
        (400, LINE + HOSTED + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        (501, LINE + HOSTED + b"Transfer-Encoding: gzip\r\n\r\n"),
        (400, LINE + HOSTED + b"Content-Length: 4\r\n" + CHUNKED),
        (400, LINE + HOSTED + CHUNKED[:-9] + b"\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        (400, LINE.replace(b"1.1", b"1.0") + HOSTED + b"Connection: keep-alive\r\n" + CHUNKED),
        (400, LINE + HOSTED + b"Host: b\r\n\r\n"),
        (431, LINE + b"X: " + b"x" * 262_144 + b"\r\n\r\n"),
    ],
    ids=[
        "line",
        "header",
        "case",
        "uri",
        "negative",
        "word",
        "chunk",
        "coding",
        "length and chunks",
        "chunks and length",
        "chunks in 1.0",
        "two hosts",
        "long header",
    ],
)
def test_what_is_not_http(small: Server, status: int, request_bytes: bytes) -> None:
    with small.connect() as wire:
        wire.send(request_bytes)
        answer = wire.read_response()
        assert_answer(answer, status)
        assert wire.is_closed()


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([b"GET /livez HTTP/1.1\nHost: a\n\n"], "a line ends with LF only"),
        ([b"GET /livez HTTP/1.1\r\nHost: a", b"\n"], "a line ends with LF only"),
        ([bytes([byte]) for byte in b"GET /livez HTTP/1.0\n"], "a line ends with LF only"),
        ([b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"], "this is TLS"),
        ([b"\0\x01\x02"], "this is not HTTP"),
        ([b"\r\n\n\xff\xd8\xff"], "this is not HTTP"),
    ],
    ids=["line feeds", "in two parts", "byte by byte", "TLS", "bytes", "after empty lines"],
)
def test_what_can_become_no_http_is_answered_at_once(
    small: Server, parts: list[bytes], error: str
) -> None:
    began = time.monotonic()
    with small.connect() as wire:
        for part in parts:
            wire.send(part)
        answer = wire.read_response()
        assert_answer(answer, 400)
        assert error in answer.json["error"]
        assert wire.is_closed()
    assert time.monotonic() - began < IDLE_TIMEOUT_S / 2


def test_headers_may_come_byte_by_byte(small: Server) -> None:
    with small.connect() as wire:
        for byte in b"\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n":
            wire.send(bytes([byte]))
        assert wire.read_response("GET").status == 200


@pytest.mark.parametrize("path", IMAGE_ROUTES)
@pytest.mark.parametrize(
    "values",
    [{"grid_size": "11"}, {"grid_size": "-1"}, {"wanted_cells": "17"}, {"wanted_cells": "a"}],
)
def test_400_by_a_value_that_is_named(
    client: FlaskClient, path: str, values: dict[str, str]
) -> None:
    response = client.post(path, **upload(values=values))
    assert response.status_code == 400
    assert_error(response.get_json(), 400)
    (name, value), *_ = values.items()
    assert name in response.get_json()["error"]
    assert repr(value) in response.get_json()["error"]
