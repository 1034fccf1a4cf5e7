"""Thousands of mixed requests to the program as it ships: afterwards it holds no more than before.

A short run belongs to every test run; ``make soak`` sends 5,000 requests to each engine.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import NamedTuple

import psutil
import pytest
from PIL import Image

from testkit import scenes
from testkit.forms import Part, encode_form
from testkit.images import encode
from testkit.programs import Program, started
from testkit.wire_client import Server, form_request, raw_request

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "0"))
A_FEW = {"fake": 400, "embedded": 160}
"""Requests sent unless SOAK_REQUESTS is set."""

WARM_UP = {"fake": 40, "embedded": 120}
"""Requests before them that do not count: ONNX Runtime still allocates for new batch sizes."""

BATCHES = 20
CLIENTS = 4
MAX_GROWTH_MB = 16.0
"""Growth of the memory in use that is the allocator's noise."""

MAX_GROWTH_PER_REQUEST_KB = 4.0
"""Growth of the memory in use that is allowed beside it."""

TRIMMING_SERVICE = """
import contextlib, ctypes, signal, sys, alpr_api
def trim(*_):
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    print("trimmed", file=sys.stderr, flush=True)
signal.signal(signal.SIGUSR1, trim)
sys.exit(alpr_api.main(sys.argv[1:]))
"""
"""Code of a service that gives free memory back when it gets SIGUSR1, and says so.

glibc keeps the free memory of the moment that took most, 30 to 50 MB with the embedded engine. It
depends on which requests meet; only the rest tells whether something piles up.
"""

SETTLED_S = 20

GONE = 0
"""Stands for the status of a client that does not wait for an answer."""

Send = Callable[[Server], int]


class Held(NamedTuple):
    """What the process holds while it is idle."""

    rss_mb: float
    in_use_mb: float
    descriptors: int
    threads: int
    children: int


def held(program: Program) -> Held:
    process = psutil.Process(program.process.pid)
    rss_mb = process.memory_info().rss / 1e6
    trims = program.log.count("trimmed\n")
    process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + SETTLED_S
    while program.log.count("trimmed\n") == trims:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    in_use_mb = process.memory_info().rss / 1e6
    counts = process.num_fds(), process.num_threads(), len(process.children())
    return Held(rss_mb, in_use_mb, *counts)


def sends(image: bytes, query: str = "", route: str = "/v1/vision/alpr") -> Send:
    body = encode_form([Part('name="upload"; filename="a.jpg"', image)], "b")
    request = form_request(route + query, body, "b")
    return lambda server: server.exchange(request).status


def hangs_up(image: bytes) -> Send:
    """A client that disconnects during its upload."""
    head = [("Host", "x"), ("Content-Length", str(len(image)))]
    half = raw_request("POST /v1/vision/alpr HTTP/1.1", head, image[: len(image) // 2])

    def send(server: Server) -> int:
        with socket.create_connection(("127.0.0.1", server.port), 20) as wire:
            wire.sendall(half)
        return GONE

    return send


def mixture() -> list[tuple[Send, int]]:
    """Requests with their expected status: good, damaged, large, with a grid."""
    car, empty = scenes.street(3).image, scenes.street(3, cars=0).image
    good, png = encode(car), encode(car, "PNG")
    usual = [
        (sends(good), 200),
        (sends(encode(car.resize((640, 360)))), 200),
        (sends(png), 200),
        (sends(encode(empty), "?grid_size=3&wanted_cells=4,5,6"), 200),
    ]
    return [
        *usual,
        (sends(good[: len(good) // 2]), 200),  # the upper half of a JPEG is read
        (sends(png[: len(png) // 2]), 400),
        (sends(encode(Image.new("1", (12000, 12000)), "PNG")), 413),
        *usual,
        (sends(b"no image"), 415),
        (hangs_up(good), GONE),
        *usual,
        (sends(good, "?grid_size=99"), 400),
        (sends(good, "?grid_size=3", "/v1/vision/alpr_grid_debug"), 200),
        (sends(encode(car.resize((4000, 2250)))), 200),
        (sends(good, route="/v1/nowhere"), 404),
    ]


def batches(server: Server, sizes: list[int]) -> Iterator[Counter[int]]:
    """Sends batches of requests in parallel; for each, its unexpected statuses."""
    requests = cycle(mixture())

    def wrong(request: tuple[Send, int]) -> int | None:
        send, due = request
        status = send(server)
        return None if status == due else status

    with ThreadPoolExecutor(CLIENTS) as pool:
        for size in sizes:
            some = islice(requests, size)
            yield Counter(status for status in pool.map(wrong, some) if status is not None)


def settled(program: Program) -> Held:
    """What is held once the last client's connection is gone."""
    process = psutil.Process(program.process.pid)
    deadline = time.monotonic() + SETTLED_S
    while any(one.status != psutil.CONN_LISTEN for one in process.net_connections()):
        assert time.monotonic() < deadline, process.net_connections()
        time.sleep(0.02)
    return held(program)


def soaked(program: Program, warm_up: int, count: int) -> list[Held]:
    """What is held after each of :data:`BATCHES`, without the warm-up."""
    server = Server(program.port)
    program.wait_for("the engine is ready")
    seen = []
    for wrong in batches(server, [warm_up, *[count // BATCHES] * BATCHES]):
        assert not wrong
        seen.append(settled(program))
    return seen[1:]


@pytest.mark.parametrize("engine", ["fake", "embedded"])
def test_memory_threads_and_descriptors_do_not_grow(engine: str) -> None:
    count = REQUESTS or A_FEW[engine]
    address = ("--host", "127.0.0.1", "--port", "0")
    with started("-c", TRIMMING_SERVICE, "--engine", engine, *address) as program:
        seen = soaked(program, WARM_UP[engine], count)
        assert program.stop() == 0
    early, late = seen[BATCHES // 4 : BATCHES // 2], seen[-BATCHES // 4 :]
    before, after = (statistics.median(one.in_use_mb for one in some) for some in (early, late))
    sizes = ", ".join(f"{one.in_use_mb:.0f} of {one.rss_mb:.0f}" for one in seen)
    print(f"\n{engine}, {count} requests: {sizes} MB in use; then {seen[-1]}")
    assert {one[2:] for one in early + late} == {early[0][2:]}
    assert after - before < MAX_GROWTH_MB + MAX_GROWTH_PER_REQUEST_KB / 1000 * count / 2
