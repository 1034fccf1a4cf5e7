"""curl, used correctly and in the ways that CodeProject.AI refuses."""

from __future__ import annotations

import pytest

from testkit.forms import Part, encode_form
from testkit.images import encode, gradient_image
from testkit.wire_client import Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, JPEG, chunks

PATH = "/v1/vision/alpr"
BOUNDARY = "------------------------d74496d66958873e"


def request(
    image: bytes = JPEG, version: str = "HTTP/1.1", *, chunked: bool = False, expect: bool = False
) -> bytes:
    body = encode_form([Part('name="upload"; filename="car.jpg"', image, "image/jpeg")], BOUNDARY)
    headers = [
        ("Host", HOST),
        ("User-Agent", "curl/8.5.0"),
        ("Accept", "*/*"),
        ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body))),
        ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
        *([("Expect", "100-continue")] if expect else []),
    ]
    return raw_request(f"POST {PATH} {version}", headers, chunks(body, 70_000) if chunked else body)


@pytest.mark.parametrize(
    ("version", "chunked"), [("HTTP/1.1", False), ("HTTP/1.1", True), ("HTTP/1.0", False)]
)
def test_a_form(server: Server, version: str, chunked: bool) -> None:
    answer = server.exchange(request(version=version, chunked=chunked))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.json["message"] == "Found Plate: FAKE123"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_image_waits_for_100_continue(server: Server, chunked: bool) -> None:
    noise = encode(gradient_image(1500, 1100), "BMP")
    sent = request(noise, chunked=chunked, expect=True)
    head, _, body = sent.partition(b"\r\n\r\n")
    with server.connect() as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.read_line() == b"HTTP/1.1 100 Continue\r\n"
        assert wire.read_line() == b"\r\n"
        wire.send(body)
        answer = wire.read_response()
    assert answer.status == 200
    assert (answer.json["image_width"], answer.json["image_height"]) == (1500, 1100)


def test_a_form_that_arrives_in_small_pieces(server: Server) -> None:
    sent = request()
    with server.connect() as wire:
        for start in range(0, len(sent), 97):
            wire.send(sent[start : start + 97])
        assert wire.read_response().status == 200


def test_two_requests_sent_at_once_are_answered_in_order(server: Server) -> None:
    with server.connect() as wire:
        wire.send(request() + request(b"text") + request())
        assert [wire.read_response().status for _ in range(3)] == [200, 415, 200]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", JPEG),
        ("application/x-www-form-urlencoded", b"url=http%3A%2F%2F127.0.0.1%2Fcar.jpg"),
        ("image/jpeg", JPEG),
        ("application/octet-stream", JPEG),
        ("", JPEG),
        ("multipart/form-data", JPEG),
        (
            "multipart/form-data; boundary=x",
            encode_form([Part('name="a"; filename="a"', JPEG)], "y"),
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name"),
        ("multipart/form-data; boundary=x", b""),
        ("text/html; charset=" + "x" * 300, b"<html>"),
        ("a" * 200, b"?"),
    ],
)
def test_a_body_without_a_file_is_refused_with_advice(
    server: Server, kind: str, body: bytes
) -> None:
    headers = [("Host", HOST), ("Content-Length", str(len(body)))]
    answer = server.exchange(
        raw_request(
            f"POST {PATH} HTTP/1.1", [*headers, *([("Content-Type", kind)] if kind else [])], body
        )
    )
    assert answer.status == 400
    assert_error(answer.json, 400)
    assert "curl -F upload=@car.jpg" in answer.json["error"]


def test_an_empty_file_is_called_empty(server: Server) -> None:
    answer = server.exchange(request(b""))
    assert answer.status == 400
    assert "0 bytes" in answer.json["error"]


def test_a_get_says_what_to_do_instead(server: Server) -> None:
    answer = server.exchange(raw_request(f"GET {PATH} HTTP/1.1", [("Host", HOST)]))
    assert answer.status == 405
    assert "POST" in answer.json["error"]
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
