"""A connection is closed when it takes too long, by a clock that nobody sets."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.plates import Plate
from alpr.server import event_loop, http_channel, listener, waitress_server
from alpr.settings import Settings
from testkit.service import serving
from testkit.wire_client import Server, raw_request
from tests.assertions import assert_error
from tests.contract.senders import HOST, python_requests
from tests.load import attacks

PATH = "/v1/vision/alpr"
READ = python_requests(PATH, "upload")
LIVE = raw_request("GET /livez HTTP/1.1", [("Host", HOST)])
PAGE = raw_request("GET /openapi.json HTTP/1.1", [("Host", HOST)])
WAIT_S = 30


def closed_within(wire: socket.socket, seconds: float) -> bool:
    """Whether the server breaks the connection; what it has sent stays unread."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            try:
                wire.send(b"x", socket.MSG_DONTWAIT)
            except (BrokenPipeError, ConnectionResetError):
                return True
        time.sleep(0.1)
    return False


def test_a_client_that_does_not_take_its_answers_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_channel, "STALL_TIMEOUT_S", 1)
    with serving() as server, attacks.connect(server.port, 4096) as wire:
        wire.sendall(PAGE * 200)
        assert server.exchange(READ).status == 200
        assert closed_within(wire, WAIT_S)


def test_a_client_that_takes_its_answer_byte_by_byte_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_channel, "SEND_TIMEOUT_S", 1)
    with serving() as server, attacks.connect(server.port, 4096) as wire:
        wire.sendall(PAGE * 200)
        with pytest.raises(ConnectionResetError):
            for _ in range(600):
                assert wire.recv(2000)
                time.sleep(0.05)


def test_answers_that_wait_are_bounded_in_all(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of three is dropped where two have room."""

    def keep_little(_: object, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    size = len(server.exchange(PAGE).body)
    monkeypatch.setattr(event_loop, "MAX_ANSWER_BYTES", 2.5 * size)
    monkeypatch.setattr(listener.Listener, "set_socket_options", keep_little)
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(attacks.connect(server.port, 4096)) for _ in range(3)]
        for wire in wires:
            wire.sendall(PAGE)
        deadline = time.monotonic() + WAIT_S
        while not any(closed_within(wire, 0.1) for wire in wires):
            assert time.monotonic() < deadline
        time.sleep(1.5)
        assert sum(closed_within(wire, 0.1) for wire in wires) == 1
        assert server.exchange(READ).status == 200


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with server.connect() as wire:
        wire.send((LIVE + PAGE + READ) * 20)
        for _ in range(20):
            assert wire.read_response().json == {"alive": True}
            assert "openapi" in wire.read_response().json
            assert wire.read_response().json["count"] == 1


def test_an_answer_in_progress_does_not_let_the_next_request_in(server: Server) -> None:
    """Otherwise a client that only asks would fill the memory with requests."""
    with attacks.connect(server.port, 4096) as wire:
        wire.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 50_000_000:
                sent += wire.send(PAGE * 1000)
        assert server.exchange(READ).status == 200


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_a_clock_that_is_set_changes_nothing(
    jump_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_channel, "IDLE_TIMEOUT_S", 1.5)
    wall_clock = time.time
    with serving() as server, server.connect() as sending, server.connect() as silent:
        silent.send(READ[:100])
        sending.send(READ[:-1])
        monkeypatch.setattr(time, "time", lambda: wall_clock() + jump_s)
        time.sleep(1.2)
        sending.send(READ[-1:])
        assert sending.read_response().status == 200
        assert silent.is_closed()


# Bodies.


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server for six connections, of which one address may have four."""
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 6)
    monkeypatch.setattr(listener, "HEALTH_CONNECTIONS", 3)
    settings = Settings(host="127.0.0.1", port=0, max_connections_per_address=4)
    with serving(settings=settings) as running:
        yield running


def connect_from(address: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5, source_address=(address, 0))


@pytest.mark.parametrize(
    ("addresses", "is_served"),
    [
        (["127.0.0.1"] * 3, True),
        (["127.0.0.1"] * 4, False),
        (["127.0.0.2"] * 4 + ["127.0.0.3"], True),
        (["127.0.0.2"] * 4 + ["127.0.0.3"] * 2, False),
    ],
)
def test_a_connection_too_many_is_for_health_only(
    narrow: Server, addresses: list[str], is_served: bool
) -> None:
    with contextlib.ExitStack() as stack:
        for address in addresses:
            stack.enter_context(connect_from(address, narrow.port)).sendall(READ[:50])
        time.sleep(0.2)
        health = narrow.exchange(LIVE)
        time.sleep(0.1)
        answer = narrow.exchange(READ)
        assert health.status == 200
        assert answer.status == (200 if is_served else 503)
        if not is_served:
            assert_error(answer.json, 503)
            assert "retry-after" in answer.headers
            assert health.headers["connection"] == "close"
    deadline = time.monotonic() + WAIT_S
    while narrow.exchange(READ).status != 200:
        assert time.monotonic() < deadline


def test_silent_connections_do_not_keep_the_places_of_health(narrow: Server) -> None:
    with attacks.opened(narrow.port, 20):
        assert attacks.median_to_answer(narrow.port, 3) < attacks.UNANSWERED_S


def test_connections_that_trickle_do_not_keep_the_places_of_health(narrow: Server) -> None:
    with attacks.trickling(narrow.port, 10, READ[:400]):
        time.sleep(0.3)
        assert attacks.median_to_answer(narrow.port, 3) < attacks.UNANSWERED_S


def test_refused_connections_do_not_keep_the_places_of_health(
    narrow: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_channel, "CROWDED_S", 100)
    with attacks.opened(narrow.port, 16, PAGE * 300):
        assert attacks.seconds_to_answer(narrow.port) < attacks.UNANSWERED_S


def test_an_answer_that_is_not_taken_is_not_made_again_and_again(server: Server) -> None:
    """The kernel would hold 4 MB of answers for each client that does not listen."""
    asked = "alpr_requests_total"

    def answered() -> float:
        body = server.exchange(raw_request("GET /metrics HTTP/1.1", [("Host", HOST)])).body.decode()
        rows = (row.split() for row in body.splitlines() if row.startswith(asked))
        return sum(float(row[-1]) for row in rows if "openapi" in row[0])

    before = answered()
    with attacks.opened(server.port, 1, PAGE * 200, 4096):
        time.sleep(1)
        assert 0 < answered() - before < 8


def test_many_clients_at_once_are_answered(narrow: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them that sends in time is cut off; the clients of a busy machine take longer."""
    monkeypatch.setattr(http_channel, "CROWDED_SILENCE_S", WAIT_S)
    monkeypatch.setattr(http_channel, "CROWDED_S", WAIT_S)
    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(lambda _: narrow.exchange(READ).status, range(150)))
    assert set(statuses) == {200, 503}


class HeldEngine(FakeEngine):
    """An engine whose reads wait until they are ``released``."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.released = threading.Event(), threading.Event()

    def read(self, image: Image.Image) -> list[Plate]:
        self.entered.set()
        assert self.released.wait(WAIT_S)
        return super().read(image)


def test_health_does_not_wait_for_other_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every thread has a request: one is read, the others wait for its slot."""
    monkeypatch.setattr(waitress_server, "SPARE_THREADS", 0)
    settings = Settings(host="127.0.0.1", port=0, slots=1, queue=3)
    engine = HeldEngine()
    with serving(engine, settings) as server, ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(server.exchange, READ) for _ in range(4)]
        assert engine.entered.wait(WAIT_S)
        time.sleep(0.3)
        try:
            assert attacks.seconds_to_answer(server.port) < attacks.UNANSWERED_S
        finally:
            engine.released.set()
        assert [future.result(WAIT_S).status for future in sent] == [200] * 4


def test_no_descriptor_left_is_one_line_and_no_busy_loop(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def none_left(_: object) -> None:
        tries.append(1)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    accept = listener.Listener.accept
    with monkeypatch.context() as patched, server.connect() as wire:
        wire.send(LIVE)
        assert wire.read_response().status == 200
        patched.setattr(listener.Listener, "accept", none_left)
        with attacks.connect(server.port) as waiting:
            waiting.sendall(attacks.LIVE)
            time.sleep(1)
            wire.send(LIVE)
            assert wire.read_response().status == 200
            patched.setattr(listener.Listener, "accept", accept)
            assert waiting.recv(100).startswith(b"HTTP/1.1 200 ")
    assert 2 < len(tries) < 15
    ours = [one for one in caplog.records if one.name == listener.__name__]
    assert ["Too many open files" in one.getMessage() for one in ours] == [True]


def test_nothing_is_left_behind(server: Server) -> None:
    process = psutil.Process()
    server.exchange(READ)
    before, threads = process.num_fds(), threading.active_count()
    with attacks.opened(server.port, 20, READ[:200]), attacks.opened(server.port, 20, PAGE * 50):
        time.sleep(0.3)
    deadline = time.monotonic() + WAIT_S
    while process.num_fds() > before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert threading.active_count() == threads
    assert server.exchange(READ).status == 200
