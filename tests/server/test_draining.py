"""A stop loses no request: none in flight, waiting for a slot, or still being sent."""

from __future__ import annotations

import contextlib
import io
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.server.draining import drain
from alpr.server.event_loop import EventLoop
from alpr.server.listener import Listener
from alpr.server.waitress_server import make_listeners
from alpr.settings import Settings
from alpr_api import create_app
from testkit.images import encode, gradient_image
from testkit.programs import SLOW_SERVICE, Program, fake_service, started
from testkit.wire_client import Server
from tests.contract.senders import python_requests

READ = python_requests("/v1/vision/alpr", "upload")
ONE_SLOT = SLOW_SERVICE.replace(
    '"127.0.0.1"]', '"127.0.0.1", "--slots", "1", "--queue", "4"]'
).replace("delay_s=1.5", "delay_s=0.7")


def stop_twice(program: Program) -> None:
    for _ in range(2):
        program.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)


def test_no_request_that_waits_for_a_slot_is_lost() -> None:
    with started("-c", ONE_SLOT) as program, ThreadPoolExecutor(5) as pool:
        server = Server(program.port)
        sent = [pool.submit(server.exchange, READ) for _ in range(5)]
        program.wait_for("reading")
        expected = b"alpr_queue_length 4.0"
        while expected not in server.exchange(b"GET /metrics HTTP/1.0\r\n\r\n").body:
            time.sleep(0.05)
        stop_twice(program)
        answers = [future.result(60) for future in sent]
        assert [answer.status for answer in answers] == [200] * 5
        assert [answer.headers["connection"] for answer in answers] == ["close"] * 5
        assert program.wait() == 0
        assert "Traceback" not in "".join(program.log)


def test_an_upload_in_progress_is_received_and_answered() -> None:
    with started("-c", SLOW_SERVICE) as program:
        server = Server(program.port)
        with server.connect() as wire, server.connect() as stalled:
            stalled.send(READ[:-500])
            time.sleep(1.5)
            wire.send(READ[:-500])
            time.sleep(0.3)
            program.process.send_signal(signal.SIGTERM)
            program.wait_for("finishing the requests in flight")
            wire.send(READ[-500:])
            assert wire.read_response().status == 200
            assert program.wait() == 0
            assert stalled.is_closed()


def test_a_long_answer_is_sent_completely() -> None:
    noise = Image.effect_noise((1800, 1200), 100).convert("RGB")
    drawing = python_requests(
        "/v1/vision/alpr_grid_debug", "upload", encode(noise, "JPEG", quality=90)
    )
    with started("-c", SLOW_SERVICE) as program:
        with socket.create_connection(("127.0.0.1", program.port), timeout=60) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            wire.sendall(drawing)
            program.wait_for(r"alpr_grid_debug 200")
            program.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            answer = wire.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert len(body) > 1_000_000
        assert f"Content-Length: {len(body)}".encode() in head
        assert program.wait() == 0


def test_requests_that_wait_for_a_thread_are_answered_too() -> None:
    """More requests at once than threads: some are read, the others refused, and none dropped."""
    small = python_requests("/v1/vision/alpr", "upload", encode(gradient_image(64, 48)))
    with started("-c", ONE_SLOT) as program, ThreadPoolExecutor(40) as pool:
        server = Server(program.port)
        first = pool.submit(server.exchange, small)
        program.wait_for("reading")
        wires = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        for wire in wires:
            wire.sendall(small)
        program.process.send_signal(signal.SIGTERM)
        answers = [io.BytesIO(wire.makefile("rb").read()).readline() for wire in wires]
        for wire in wires:
            wire.close()
        assert first.result(60).status == 200
        statuses = [int(line.split()[1]) for line in answers]
        assert set(statuses) <= {200, 503}
        assert program.wait() == 0


def outcome(port: int) -> str:
    """What a client gets that connects, asks and reads: a status line, or how it failed."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as wire:
            try:
                wire.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
                return wire.makefile("rb").readline().decode()
            except ConnectionError:
                return "broken"
    except ConnectionRefusedError:
        return "refused"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can ignore new clients")
@pytest.mark.parametrize("attempt", range(3))
def test_no_connection_that_was_made_is_broken(attempt: int) -> None:
    with fake_service() as program, ThreadPoolExecutor(4) as pool:
        port = program.port

        def ask_until_refused() -> list[str]:
            outcomes = [outcome(port)]
            while outcomes[-1].startswith("HTTP/1.1 200") or outcomes[-1].startswith(
                "HTTP/1.0 200"
            ):
                outcomes.append(outcome(port))
            return outcomes

        clients = [pool.submit(ask_until_refused) for _ in range(4)]
        time.sleep(0.3 + attempt / 100)
        program.process.send_signal(signal.SIGTERM)
        assert [client.result(30)[-1] for client in clients] == ["refused"] * 4
        assert program.wait() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can ignore new clients")
def test_no_connection_is_made_between_the_last_look_and_the_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The close would break it."""
    settings, made = Settings(host="127.0.0.1", port=0), []
    loop = EventLoop(make_listeners(create_app(settings, FakeEngine()), settings, FakeEngine()))
    accept_all = Listener.accept_all

    def with_a_late_client(listener: Listener) -> None:
        accept_all(listener)
        address = ("127.0.0.1", int(listener.effective_port))
        with contextlib.suppress(TimeoutError), socket.create_connection(address, 0.3):
            made.append(address)

    monkeypatch.setattr(Listener, "accept_all", with_a_late_client)
    drain(loop)
    assert not made
