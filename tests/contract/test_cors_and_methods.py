"""Browsers of any origin may read every answer; OPTIONS and HEAD behave."""

from __future__ import annotations

import pytest

from testkit.routes import GET_ROUTES, IMAGE_ROUTES, PAGE_ROUTES
from testkit.wire_client import Server, raw_request
from tests.contract.senders import HOST

ORIGIN = [("Host", HOST), ("Origin", "http://page.lan")]
POST_ROUTES = (*IMAGE_ROUTES, "/v1/vision/custom/list")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in (*GET_ROUTES, "/", "/nowhere", "/v1/vision/alpr")),
        *(("POST", path) for path in (*POST_ROUTES, "/nowhere", "/livez")),
        *(("OPTIONS", path) for path in (*POST_ROUTES, *GET_ROUTES, "/nowhere")),
    ],
)
def test_any_origin_may_read(server: Server, method: str, path: str) -> None:
    answer = server.exchange(raw_request(f"{method} {path} HTTP/1.1", ORIGIN))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "method"),
    [*((path, "POST") for path in POST_ROUTES), *((path, "GET") for path in GET_ROUTES)],
)
def test_preflight(server: Server, path: str, method: str) -> None:
    preflight = [
        *ORIGIN,
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "content-type,x-requested-with"),
    ]
    answer = server.exchange(raw_request(f"OPTIONS {path} HTTP/1.1", preflight))
    assert answer.status in (200, 204)
    assert answer.body == b""
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["access-control-allow-headers"] == "*, Authorization"


@pytest.mark.parametrize("path", [*GET_ROUTES, *PAGE_ROUTES, "/"])
def test_head_is_get_without_a_body(server: Server, path: str) -> None:
    got = server.exchange(raw_request(f"GET {path} HTTP/1.1", ORIGIN))
    with server.connect() as wire:
        for _ in range(2):  # a body that was not due would be taken for the next answer
            wire.send(raw_request(f"HEAD {path} HTTP/1.1", ORIGIN))
            head = wire.read_response("HEAD")
            assert (head.status, head.body) == (got.status, b"")
            assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/vision/alpr", 405), ("/nowhere", 404), ("/v1/plate-reader/", 405)]
)
def test_head_of_an_error(server: Server, path: str, status: int) -> None:
    with server.connect() as wire:
        for _ in range(2):
            wire.send(raw_request(f"HEAD {path} HTTP/1.1", ORIGIN))
            answer = wire.read_response("HEAD")
            assert answer.status == status
            assert answer.headers["content-type"] == "application/json"


def test_the_server_says_its_name_and_no_more(server: Server) -> None:
    answer = server.exchange(raw_request("GET /livez HTTP/1.1", ORIGIN))
    assert answer.headers["server"] == "alpr_api"
    assert "via" not in answer.headers


def test_the_page(server: Server) -> None:
    answer = server.exchange(raw_request("GET / HTTP/1.1", ORIGIN))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<form" in answer.body
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    for rule in ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in policy
