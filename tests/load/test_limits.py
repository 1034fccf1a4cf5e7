"""Clients that are slow, stop, leave or send too much do not impair the others."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.plates import Plate
from alpr.server import http_channel
from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.service import serving
from testkit.wire_client import Server, form_request, raw_request
from tests.contract.senders import HOST, JPEG, python_requests

PATH = "/v1/vision/alpr"
READ = python_requests(PATH, "upload")
LIVE = raw_request("GET /livez HTTP/1.1", [("Host", HOST)])
TIMEOUT_S = 20
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER's value that makes closing a connection break it."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that gives a silent connection one second."""
    monkeypatch.setattr(http_channel, "IDLE_TIMEOUT_S", 1)
    monkeypatch.setattr(http_channel, "RECEIVE_TIMEOUT_S", 3)
    with serving() as running:
        yield running


@pytest.mark.parametrize("sent", [b"POST /v1/vis", READ[:60], READ[:-1], b""])
def test_a_silent_client_is_disconnected(impatient: Server, sent: bytes) -> None:
    with impatient.connect() as wire:
        wire.send(sent)
        assert wire.is_closed()
    assert impatient.exchange(READ).status == 200


def test_a_client_that_sends_single_bytes_is_disconnected(impatient: Server) -> None:
    with impatient.connect() as wire:
        deadline = time.monotonic() + TIMEOUT_S
        with pytest.raises(OSError):
            for byte in READ:
                assert time.monotonic() < deadline
                wire.send(bytes([byte]))
                time.sleep(0.3)
    assert impatient.exchange(READ).status == 200


def test_a_read_that_outlasts_the_idle_timeout_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_channel, "IDLE_TIMEOUT_S", 1)
    with serving(FakeEngine(delay_s=3)) as server:
        assert server.exchange(READ).status == 200


class PausedEngine(FakeEngine):
    """Sets ``reading`` when a read begins, and waits for ``go_on``."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = threading.Event()
        self.go_on = threading.Event()

    def read(self, image: Image.Image) -> list[Plate]:
        self.reading.set()
        assert self.go_on.wait(TIMEOUT_S)
        return super().read(image)


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_leaves_during_its_read_returns_its_slot(reset: bool) -> None:
    engine = PausedEngine()
    settings = Settings(host="127.0.0.1", port=0, slots=1, queue=0)
    with serving(engine, settings) as server:
        wire = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S)
        wire.sendall(READ)
        assert engine.reading.wait(TIMEOUT_S)
        if reset:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        wire.close()
        assert server.exchange(READ).status == 503
        engine.go_on.set()
        deadline = time.monotonic() + TIMEOUT_S
        while server.exchange(READ).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    "parts",
    [
        [Part(f'name="{number}"', b"1") for number in range(1000)],
        [Part(f'name="{number}"; filename="a"', b"1") for number in range(1000)],
        [Part('name="note"', b"x" * 64_001)],
        [Part(f'name="{number}"', b"x" * 6_500) for number in range(10)],
    ],
    ids=["1000 fields", "1000 files", "one field", "ten fields"],
)
def test_too_many_parts_and_too_long_fields_are_refused(server: Server, parts: list[Part]) -> None:
    assert server.exchange(form_request(PATH, encode_form(parts, "x"), "x")).status == 413
    assert server.exchange(READ).status == 200


def test_uploads_above_2_mb_are_spooled_to_a_file(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    opening = tempfile.TemporaryFile

    def noted(mode: str) -> object:
        opened.append(mode)
        return opening(mode)

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    for size, files in ((1_900_000, 0), (2_100_000, 1)):
        file = Part('name="a"; filename="a"', JPEG + bytes(size - len(JPEG)))
        assert server.exchange(form_request(PATH, encode_form([file], "x"), "x")).status == 200
        assert len(opened) == files


def test_broken_connections_leave_nothing_behind(server: Server) -> None:
    process = psutil.Process()
    server.exchange(READ)
    before = process.num_fds()
    for end in range(0, len(READ), len(READ) // 40):
        wire = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S)
        wire.sendall(READ[:end])
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        wire.close()
    assert server.exchange(LIVE).status == 200
    deadline = time.monotonic() + TIMEOUT_S
    while process.num_fds() > before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
