"""Many clients at once: equal answers to equal images, no delays, no resources left open."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

from testkit.engines import make_plate
from testkit.service import serving
from testkit.wire_client import Server, raw_request
from tests.contract.senders import HOST, python_requests

CHANGING = ("requestId", "timestampUTC", "processMs", "inferenceMs", "analysisRoundTripMs")


def constant(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in CHANGING}


def test_the_same_image_gets_the_same_answer_from_any_thread() -> None:
    seen = [
        make_plate("AAA111", 0.9),
        make_plate("BBB222", 0.9, left=90),
        make_plate("CCC333", 0.9, top=80),
    ]
    sent = python_requests("/v1/vision/alpr", "upload")
    with serving([seen]) as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(server.exchange, [sent] * 40))
    assert {answer.status for answer in answers} == {200}
    bodies = [constant(answer.json) for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert len({answer.json["requestId"] for answer in answers}) == 40


def test_stalled_uploads_delay_no_other_client(server: Server) -> None:
    half = python_requests("/v1/vision/alpr", "upload")[:-500]
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(server.connect()).send(half)
        started = time.perf_counter()
        assert server.exchange(raw_request("GET /livez HTTP/1.1", [("Host", HOST)])).status == 200
        assert server.exchange(python_requests("/v1/vision/alpr", "upload")).status == 200
        assert time.perf_counter() - started < 3


def test_servers_and_requests_leave_nothing_open() -> None:
    process = psutil.Process()

    def once() -> tuple[int, int]:
        with serving() as server:
            for path in ("/v1/vision/alpr", "/v1/vision/alpr_grid_debug", "/nowhere"):
                server.exchange(python_requests(path, "upload"))
            server.exchange(python_requests("/v1/vision/alpr", "upload", b"no image"))
        return process.num_fds(), threading.active_count()

    once()
    before = once()
    for _ in range(5):
        after = once()
    assert after[0] <= before[0]
    assert after[1] <= before[1]
