"""Attacks of a few bytes do not stop the service, fill its memory or its log.

Each runs against the program in a process of its own. ``pytest -s`` prints the figures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import psutil
import pytest

from testkit.programs import Program, fake_service
from testkit.wire_client import Server
from tests.load import attacks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the memory is that of Linux")

AT_ONCE_S = 0.05
"""Median of nine requests for health in a row. Other programs on the machine may spoil it for a
while, but an attack that costs more spoils all of them."""

PATIENCE_S = 15
MAX_MEMORY = 200e6
"""Bytes; before an attack the program over the fake engine holds 60 MB."""

PIPELINED = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 330
ENDLESS = 2_000_000
MANY_VALUES = b'{"x":[' + b"{}," * 6_000_000 + b"{}]}"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with fake_service() as running:
        running.wait_for("the engine is ready")
        yield running


def json_post(body: bytes) -> bytes:
    head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return attacks.POST + head + body


ATTACKS = {
    "answers not read": lambda port: attacks.opened(port, 14, PIPELINED, 4096),
    "many of those": lambda port: attacks.opened(port, 200, PIPELINED, 4096),
    "slow uploads": lambda port: attacks.opened(
        port, 200, attacks.POST + b"Content-Length: 19000000\r\n\r\n" + bytes(1_500_000)
    ),
    "one-byte chunks": lambda port: attacks.flooding(
        port, 4, attacks.CHUNKED, b"1\r\na\r\n" * 10_000
    ),
    "many headers": lambda port: attacks.flooding(
        port, 4, b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 52_000, b""
    ),
    "blank lines": lambda port: attacks.flooding(port, 4, b"", b"\r\n" * 30_000),
    "endless chunk extension": lambda port: attacks.flooding(
        port, 4, attacks.CHUNKED + b"1;", b"a" * 65_536
    ),
    "endless trailer": lambda port: attacks.flooding(
        port, 4, attacks.CHUNKED + b"0\r\n", b"a: b\r\n" * 10_000
    ),
    "JSON of many values": lambda port: attacks.flooding(port, 4, json_post(MANY_VALUES), b""),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_health_answers_during(name: str, program: Program) -> None:
    attack: AbstractContextManager[None] = ATTACKS[name](program.port)
    process = psutil.Process(program.process.pid)
    deadline = time.monotonic() + PATIENCE_S
    with attack:
        first = attacks.seconds_to_answer(program.port)
        time.sleep(0.5)
        while (median := attacks.median_to_answer(program.port)) > AT_ONCE_S:
            assert time.monotonic() < deadline, median
        memory = process.memory_info().rss
    figures = f"{first * 1000:.0f} ms at first, then in {median * 1000:.0f} ms"
    print(f"\n{name}: health answers in {figures}, {memory / 1e6:.0f} MB")
    assert first < attacks.UNANSWERED_S
    assert memory < MAX_MEMORY


def test_the_log_stays_short(program: Program) -> None:
    """Of a path and a method of 30 kB each, and of 32 kB of headers."""
    before = len(program.log)
    server = Server(program.port)
    server.exchange(b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"%0Ax" * 7000))
    server.exchange(b"%s / HTTP/1.1\r\nHost: a\r\n\r\n" % (b"X" * 30_000))
    server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\na: %s\r\n\r\n" % (b"x" * 40_000))
    while len(program.log) < before + 3:
        time.sleep(0.02)
    assert max(map(len, program.log[before:])) < 700
