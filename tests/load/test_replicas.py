"""Replicas behind the nginx that ships: all of them read, and losing one loses no request."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.wire_client import Server, raw_request
from tests.assertions import assert_error
from tests.load.cluster import BODY, FORM, ROUTE, Load, Nginx, Replica, replicas, wait_until

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx"), reason="nginx is not here; it is in the package nginx-light"
)
COUNT = 3
SLOTS = 2
QUEUE = 4
CLIENTS = COUNT * SLOTS
FILE = 'name="upload"; filename="a.jpg"'


@pytest.fixture(scope="module")
def running() -> Iterator[list[Replica]]:
    with replicas(COUNT, "--slots", str(SLOTS), "--queue", str(QUEUE)) as started:
        yield started


@pytest.fixture(scope="module")
def nginx(running: list[Replica], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), [replica.port for replica in running])
    yield proxy
    proxy.stop()


class Exchange(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str
    request_id: str


def request(port: int, method: str, path: str, body: bytes = b"") -> Exchange:
    """Sends one request, under an id of its own."""
    request_id = str(uuid.uuid4())
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {**FORM, "X-Request-Id": request_id})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return Exchange(answer.status, dict(answer.getheaders()), text, request_id)


def test_each_replica_answers_and_no_request_is_lost(nginx: Nginx, running: list[Replica]) -> None:
    before = [replica.reads() for replica in running]

    def shares() -> list[int]:
        return [replica.reads() - count for replica, count in zip(running, before, strict=True)]

    with Load(nginx.port, CLIENTS) as load:
        load.wait_for(10 * CLIENTS)
        wait_until(lambda: min(shares()) > SLOTS)
    assert set(load.answers) == {200}
    wait_until(lambda: sum(shares()) >= load.answers.total())  # The log is read a moment later.
    assert sum(shares()) == load.answers.total()


def test_a_replica_that_is_killed_loses_no_request(nginx: Nginx, running: list[Replica]) -> None:
    before = len(nginx.log())
    with Load(nginx.port, CLIENTS) as load:
        load.wait_for(2 * CLIENTS)
        running[0].kill()
        load.wait_for(4 * CLIENTS)
        running[0].start()
        running[0].wait_until_ready()
        load.wait_for(4 * CLIENTS)
    assert set(load.answers) == {200}
    assert running[0].reads() > 0
    # It was reading when it was killed: these were read again by another.
    assert any("said=502, 200" in line for line in nginx.log()[before:])


def test_a_replica_that_drains_loses_no_request(nginx: Nginx, running: list[Replica]) -> None:
    with Load(nginx.port, CLIENTS) as load:
        load.wait_for(2 * CLIENTS)
        running[1].program.process.send_signal(signal.SIGTERM)
        assert running[1].program.wait() == 0
        load.wait_for(4 * CLIENTS)
        running[1].start()
        running[1].wait_until_ready()
    assert set(load.answers) == {200}


def test_a_rolling_restart_loses_no_request(nginx: Nginx, running: list[Replica]) -> None:
    with Load(nginx.port, CLIENTS) as load:
        for replica in running:
            load.wait_for(CLIENTS)
            assert replica.program.stop() == 0
            replica.start()
            replica.wait_until_ready()
        load.wait_for(2 * CLIENTS)
    assert set(load.answers) == {200}
    assert all(replica.reads() > 0 for replica in running)


def test_a_full_replica_is_passed_over_and_tried_again_soon(
    nginx: Nginx, running: list[Replica]
) -> None:
    before = len(nginx.log())
    with Load(running[0].port, SLOTS + QUEUE) as full, Load(nginx.port, COUNT) as load:
        load.wait_for(20 * COUNT)
    assert set(full.answers) <= {200, 503}
    assert set(load.answers) == {200}
    passed_over = [line for line in nginx.log()[before:] if "said=503, 200" in line]
    assert len(passed_over) > 2


def test_if_all_replicas_are_full_their_own_answer_is_passed_on(
    tmp_path: Path, running: list[Replica]
) -> None:
    single = Nginx(tmp_path, [running[0].port])
    with Load(running[0].port, SLOTS + QUEUE):
        for _ in range(20):
            answer = request(single.port, "POST", ROUTE, BODY)
            if answer.status == 503:
                break
    single.stop()
    assert_error(json.loads(answer.body), 503)
    assert answer.headers["Retry-After"] == "1"


def test_a_bad_request_is_sent_to_one_replica_only(nginx: Nginx) -> None:
    answer = request(nginx.port, "POST", ROUTE, b"no form")
    assert_error(json.loads(answer.body), 400)
    assert nginx.log_line(answer.request_id).endswith("said=400")


class Mortal:
    """A replica that ends when it reads an image, and is started again at once."""

    def __init__(self) -> None:
        self.images = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            wire, _ = self._listening.accept()
            with wire:
                self.images += bool(wire.recv(1_000_000))


def test_an_image_that_ends_a_replica_ends_two_at_most(tmp_path: Path) -> None:
    replicas = [Mortal() for _ in range(4)]
    proxy = Nginx(tmp_path, [replica.port for replica in replicas])
    answer = request(proxy.port, "POST", ROUTE, BODY)
    proxy.stop()
    assert sum(replica.images for replica in replicas) == 2
    assert_error(json.loads(answer.body), 503)


def test_replicas_that_cannot_be_reached_are_passed_over(
    tmp_path: Path, running: list[Replica]
) -> None:
    with contextlib.ExitStack() as stack:
        unused = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        ports = [one.getsockname()[1] for one in unused]
    proxy = Nginx(tmp_path, [*ports, running[0].port])
    answers = [request(proxy.port, "POST", ROUTE, BODY) for _ in range(3)]
    proxy.stop()
    assert [answer.status for answer in answers] == [200] * 3


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"nonsense\r\n\r\n"),
        (400, raw_request(f"POST {ROUTE} HTTP/1.1", [("Host", "x"), ("Content-Length", "-1")])),
        (400, raw_request("GET / HTTP/1.1", [("Host", "x"), ("X", "x" * 50_000)])),
        (414, raw_request("GET /" + "x" * 50_000 + " HTTP/1.1", [("Host", "x")])),
    ],
    ids=["no HTTP", "length", "header", "address"],
)
def test_what_nginx_refuses_has_the_services_shape(nginx: Nginx, status: int, sent: bytes) -> None:
    with Server(nginx.port).connect() as wire:
        wire.send(sent)
        answer = wire.read_response()
    assert answer.status == status
    assert_error(answer.json, status)
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/metrics", "/METRICS", "//metrics/", "/x/../metrics", "/%6detrics"]
)
def test_metrics_are_not_for_the_clients(nginx: Nginx, path: str) -> None:
    answer = request(nginx.port, "GET", path)
    assert answer.status == 404
    assert nginx.log_line(answer.request_id).endswith("replicas=- said=-")
    assert request(nginx.port, "GET", "/livez").status == 200


def test_nginx_refuses_what_a_replica_would_refuse(nginx: Nginx) -> None:
    """By the announced length, before the body is sent, and in the service's shape."""
    limit = Settings().max_body_mb * 1_000_000
    rest = (
        limit - 1 - len(encode_form([Part(FILE, b"")], "b"))
    )  # waitress takes less than the limit
    largest = encode_form([Part(FILE, bytes(rest))], "b")
    assert request(nginx.port, "POST", ROUTE, largest).status == 415
    with Server(nginx.port).connect() as wire:
        head = [("Host", "x"), ("Content-Length", str(limit + 1))]
        wire.send(raw_request(f"POST {ROUTE} HTTP/1.1", head))
        answer = wire.read_response()
    assert_error(answer.json, 413)
    assert answer.status == 413
    assert "retry-after" not in answer.headers


def test_without_any_replica_the_answer_has_the_services_shape(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    single = Nginx(tmp_path, [port])
    answer = request(single.port, "POST", ROUTE, BODY)
    single.stop()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert_error(json.loads(answer.body), 503)
