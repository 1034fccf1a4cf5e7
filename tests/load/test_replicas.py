"""Replicas behind the nginx that ships: more of them read more, and losing one loses no request."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
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
from tests.load.cluster import BODY, FORM, READ_S, ROUTE, Load, Nginx, Replica, replicas

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


class Asked(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str
    request_id: str


def asked(port: int, method: str, path: str, body: bytes = b"") -> Asked:
    """One request, under an id of its own."""
    request_id = str(uuid.uuid4())
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {**FORM, "X-Request-Id": request_id})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return Asked(answer.status, dict(answer.getheaders()), text, request_id)


def rate(port: int, clients: int) -> float:
    """Pictures read a second by so many clients."""
    with Load(port, clients) as load:
        load.wait_for(clients)
        began, before = time.monotonic(), load.answers.total()
        time.sleep(2)
        read, spent = load.answers.total() - before, time.monotonic() - began
    assert set(load.answers) == {200}
    return read / spent


def test_three_replicas_read_more_than_one(nginx: Nginx, running: list[Replica]) -> None:
    """Three times as much on a machine with nothing else to do; the engine sleeps as it reads."""
    one = rate(running[0].port, CLIENTS)
    assert one <= SLOTS / READ_S
    before = [replica.reads() for replica in running]
    assert rate(nginx.port, CLIENTS) > 2 * one
    shares = [replica.reads() - old for replica, old in zip(running, before, strict=True)]
    assert min(shares) > 0.7 * max(shares)


def test_a_replica_that_is_killed_loses_no_request(nginx: Nginx, running: list[Replica]) -> None:
    before = len(nginx.log())
    with Load(nginx.port, CLIENTS) as load:
        load.wait_for(2 * CLIENTS)
        running[0].kill()
        load.wait_for(4 * CLIENTS)
        running[0].start()
        running[0].is_ready()
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
        running[1].is_ready()
    assert set(load.answers) == {200}


def test_a_rolling_restart_loses_no_request(nginx: Nginx, running: list[Replica]) -> None:
    with Load(nginx.port, CLIENTS) as load:
        for replica in running:
            load.wait_for(CLIENTS)
            assert replica.program.stop() == 0
            replica.start()
            replica.is_ready()
        load.wait_for(2 * CLIENTS)
    assert set(load.answers) == {200}
    assert all(replica.reads() > 0 for replica in running)


def test_a_full_replica_is_passed_over_and_asked_again_soon(
    nginx: Nginx, running: list[Replica]
) -> None:
    before = len(nginx.log())
    with Load(running[0].port, SLOTS + QUEUE) as full, Load(nginx.port, COUNT) as load:
        load.wait_for(20 * COUNT)
    assert set(full.answers) <= {200, 503}
    assert set(load.answers) == {200}
    passed_over = [line for line in nginx.log()[before:] if "said=503, 200" in line]
    assert len(passed_over) > 2


def test_where_all_are_full_their_own_answer_is_passed_on(
    tmp_path: Path, running: list[Replica]
) -> None:
    alone = Nginx(tmp_path, [running[0].port])
    with Load(running[0].port, SLOTS + QUEUE):
        for _ in range(20):
            answer = asked(alone.port, "POST", ROUTE, BODY)
            if answer.status == 503:
                break
    alone.stop()
    assert_error(json.loads(answer.body), 503)
    assert answer.headers["Retry-After"] == "1"


def test_a_bad_request_is_asked_once(nginx: Nginx) -> None:
    answer = asked(nginx.port, "POST", ROUTE, b"no form")
    assert_error(json.loads(answer.body), 400)
    assert nginx.logged(answer.request_id).endswith("said=400")


@pytest.mark.parametrize(
    "path", ["/metrics", "/METRICS", "//metrics/", "/x/../metrics", "/%6detrics"]
)
def test_metrics_are_not_for_the_clients(nginx: Nginx, path: str) -> None:
    answer = asked(nginx.port, "GET", path)
    assert answer.status == 404
    assert nginx.logged(answer.request_id).endswith("replicas=- said=-")
    assert asked(nginx.port, "GET", "/livez").status == 200


def test_nginx_refuses_what_a_replica_would_refuse(nginx: Nginx) -> None:
    """By the length that is announced, before it is sent, and in the service's own shape."""
    limit = Settings().max_body_mb * 1_000_000
    rest = (
        limit - 1 - len(encode_form([Part(FILE, b"")], "b"))
    )  # waitress takes less than the limit
    largest = encode_form([Part(FILE, bytes(rest))], "b")
    assert asked(nginx.port, "POST", ROUTE, largest).status == 415
    with Server(nginx.port).connect() as wire:
        head = [("Host", "x"), ("Content-Length", str(limit + 1))]
        wire.send(raw_request(f"POST {ROUTE} HTTP/1.1", head))
        answer = wire.read_response()
    assert_error(answer.json, 413)
    assert answer.status == 413
    assert "retry-after" not in answer.headers


def test_without_any_replica_the_answer_is_still_the_services(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    alone = Nginx(tmp_path, [port])
    answer = asked(alone.port, "POST", ROUTE, BODY)
    alone.stop()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert_error(json.loads(answer.body), 503)
