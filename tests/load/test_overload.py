"""More requests than slots, over real sockets: some are read, the others refused at once."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

import pytest
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.plates import Plate
from alpr.settings import Settings
from testkit.service import serving
from testkit.wire_client import Response, Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, python_requests

SLOTS, QUEUE, CLIENTS = 2, 3, 12
SETTINGS = Settings(host="127.0.0.1", port=0, slots=SLOTS, queue=QUEUE)
STALLED = 16
AT_ONCE_S = 0.05
TRIES = 9
TIMEOUT_S = 20
READ = python_requests("/v1/vision/alpr", "upload")
DRAW = python_requests("/v1/vision/alpr_grid_debug", "upload")


class GatedEngine(FakeEngine):
    """Reads nothing until the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def read(self, image: Image.Image) -> list[Plate]:
        assert self.gate.wait(TIMEOUT_S)
        return super().read(image)


class Overload:
    """A server with every slot busy and its queue full, and the requests that it refused."""

    def __init__(self, server: Server, engine: GatedEngine, pool: ThreadPoolExecutor) -> None:
        self.server = server
        self._engine = engine
        self._sent = [pool.submit(server.exchange, READ) for _ in range(CLIENTS)]
        first = as_completed(self._sent, TIMEOUT_S)
        self.refused = [next(first).result() for _ in range(CLIENTS - SLOTS - QUEUE)]

    @property
    def waiting(self) -> list[Future[Response]]:
        return [future for future in self._sent if not future.done()]

    def open_gate(self) -> list[Response]:
        """Lets the engine read; the responses to the requests that were waiting."""
        waiting = self.waiting
        self._engine.gate.set()
        return [future.result(TIMEOUT_S) for future in waiting]


@pytest.fixture
def overload() -> Iterator[Overload]:
    engine = GatedEngine()
    with serving(engine, SETTINGS) as server, ThreadPoolExecutor(CLIENTS) as pool:
        try:
            yield Overload(server, engine, pool)
        finally:
            engine.gate.set()


def test_slots_and_queue_are_served_and_the_rest_refused_at_once(overload: Overload) -> None:
    assert len(overload.waiting) == SLOTS + QUEUE
    metrics = overload.server.exchange(raw_request("GET /metrics HTTP/1.1", [("Host", HOST)])).body
    assert f"alpr_slots_busy {SLOTS:.1f}\n".encode() in metrics
    assert f"alpr_queue_length {QUEUE:.1f}\n".encode() in metrics
    assert f'reason="busy"}} {len(overload.refused):.1f}\n'.encode() in metrics
    for answer in overload.refused:
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert_error(answer.json, 503)
    assert [answer.status for answer in overload.open_gate()] == [200] * (SLOTS + QUEUE)
    assert overload.server.exchange(READ).status == 200


def test_a_drawing_takes_a_slot_too(overload: Overload) -> None:
    assert overload.server.exchange(DRAW).status == 503
    overload.open_gate()
    assert overload.server.exchange(DRAW).status == 200


@contextlib.contextmanager
def stalled(server: Server) -> Iterator[None]:
    """Clients that stop in the middle of their uploads."""
    with contextlib.ExitStack() as stack:
        for _ in range(STALLED):
            stack.enter_context(server.connect()).send(READ[:-500])
        yield


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (raw_request("GET /livez HTTP/1.1", [("Host", HOST)]), {200}),
        (raw_request("GET /readyz HTTP/1.1", [("Host", HOST)]), {200, 503}),
        (raw_request("GET /metrics HTTP/1.1", [("Host", HOST)]), {200}),
        (raw_request("GET / HTTP/1.1", [("Host", HOST)]), {200}),
        (raw_request("GET /nowhere HTTP/1.1", [("Host", HOST)]), {404}),
        (READ, {503}),
        (python_requests("/v1/vision/alpr", "upload", b""), {400}),
    ],
    ids=["livez", "readyz", "metrics", "page", "no route", "no slot", "no image"],
)
def test_requests_that_need_no_slot_are_answered_at_once(
    overload: Overload, request_bytes: bytes, statuses: set[int]
) -> None:
    spent = []
    with stalled(overload.server):
        for _ in range(TRIES):
            started = time.perf_counter()
            answer = overload.server.exchange(request_bytes)
            spent.append(time.perf_counter() - started)
            assert answer.status in statuses
    assert min(spent) < AT_ONCE_S  # On a busy machine others take longer.
    assert len(overload.waiting) == SLOTS + QUEUE
