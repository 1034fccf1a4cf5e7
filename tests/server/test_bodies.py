"""Bodies and headers on their way in: each is bounded, whatever its framing says."""

from __future__ import annotations

import errno
import io
import os
import tempfile
import time
from typing import IO

import pytest

from alpr.server import listener
from alpr.server.body_buffer import BodyBuffer, MemoryBudget
from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.service import serving
from testkit.wire_client import Server, form_request
from tests.assertions import assert_error
from tests.contract.senders import chunks, python_requests
from tests.load import attacks

PATH = "/v1/vision/alpr"
READ = python_requests(PATH, "upload")


def large_form(size: int) -> bytes:
    return form_request(PATH, encode_form([Part('name="a"; filename="a"', bytes(size))], "x"), "x")


@pytest.mark.parametrize(
    "wire_bytes",
    [
        attacks.CHUNKED + b"5;" + b"a" * 2000,
        attacks.CHUNKED + b"5" * 2000,
        attacks.CHUNKED + b"0\r\n" + b"a: b\r\n" * 2000,
    ],
    ids=["extension", "size", "trailer"],
)
def test_lines_between_chunks_are_bounded(server: Server, wire_bytes: bytes) -> None:
    with server.connect() as wire:
        wire.send(wire_bytes)
        answer = wire.read_response()
        assert answer.status == 400
        assert_error(answer.json, 400)
        assert wire.is_closed()


def test_chunks_with_extensions_and_a_trailer_are_a_body(server: Server) -> None:
    head, _, body = READ.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    head = b"\r\n".join([*lines, b"Transfer-Encoding: chunked"])
    for size in (1, 7, 1000, 100_000):
        coded = chunks(body, size).replace(b"\r\n", b";note=1\r\n", 1)
        coded = coded.removesuffix(b"\r\n") + b"a: b\r\n\r\n"
        assert server.exchange(head + b"\r\n\r\n" + coded).status == 200


@pytest.mark.parametrize("count", [100, 101])
def test_headers_are_counted(server: Server, count: int) -> None:
    answer = server.exchange(b"GET /livez HTTP/1.1\r\n" + b"X: a\r\n" * count + b"\r\n")
    assert answer.status == (200 if count == 100 else 431)


def test_a_body_that_is_too_long_is_refused_before_it_is_invited(server: Server) -> None:
    expects = b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with server.connect() as wire:
        wire.send(attacks.POST + expects % 25_000_000)
        answer = wire.read_response()
        assert answer.status == 413
        assert_error(answer.json, 413)
        assert wire.is_closed()
    with server.connect() as wire:
        wire.send(attacks.POST + expects % 25)
        assert wire.read_line() == b"HTTP/1.1 100 Continue\r\n"


def test_a_refusal_reaches_a_client_that_still_sends(server: Server) -> None:
    with server.connect() as wire:
        wire.send(attacks.POST + b"Content-Length: 30000000\r\n\r\n" + bytes(5_000_000))
        assert wire.read_response().status == 413


@pytest.mark.parametrize("size", [b"1D905C0", b"F" * 300])
def test_a_chunk_that_is_too_long_is_refused_before_it_is_sent(server: Server, size: bytes) -> None:
    with server.connect() as wire:
        wire.send(attacks.CHUNKED + b"5\r\nabcde\r\n" + size + b"\r\nabc")
        answer = wire.read_response()
        assert answer.status == 413
        assert_error(answer.json, 413)
        assert "max_body_mb" in answer.json["error"]
        assert wire.is_closed()


def test_chunks_may_be_as_long_as_the_limit() -> None:
    settings = Settings(host="127.0.0.1", port=0, max_body_mb=1)
    with serving(settings=settings) as server:
        for length, status in ((999_980, 400), (1_000_000, 413)):
            body = b"%x\r\n" % length + bytes(length) + b"\r\n0\r\n\r\n"
            assert server.exchange(attacks.CHUNKED + body).status == status


def failing(code: int) -> OSError:
    return OSError(code, os.strerror(code))


class FullDisk:
    """A temporary file on a disk that has no room."""

    def __init__(self, _: str) -> None:
        self._file = io.BytesIO()

    def write(self, _: bytes) -> int:
        raise failing(errno.ENOSPC)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._file.close()


@pytest.mark.parametrize("missing", [False, True])
def test_without_a_disk_large_uploads_stay_in_memory_until_it_is_full(
    missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_folder(_: str) -> IO[bytes]:
        raise failing(errno.ENOENT)

    monkeypatch.setattr(tempfile, "TemporaryFile", no_folder if missing else FullDisk)
    monkeypatch.setattr(listener, "MAX_BODIES_IN_MEMORY", 5_000_000)
    with serving() as server:
        for _ in range(3):
            answer = server.exchange(large_form(6_000_000))
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert_error(answer.json, 503)
            assert "room" in answer.json["error"]
            assert server.exchange(READ).status == 200
            statuses = [server.exchange(large_form(4_000_000)).status]
            deadline = time.monotonic() + 30
            while statuses[-1] == 503 and time.monotonic() < deadline:
                time.sleep(0.02)  # The memory is free a moment after the answer.
                statuses.append(server.exchange(large_form(4_000_000)).status)
            assert statuses[-1] == 415


def test_a_large_body_is_whole_although_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", FullDisk)
    body = BodyBuffer(MemoryBudget(10_000_000))
    sent = [bytes([number]) * 500_000 for number in range(8)]
    for part in sent:
        body.append(part)
    body.rewind()
    assert body.getfile().read() == b"".join(sent)
    assert len(body) == 4_000_000


def test_bodies_in_memory_are_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound even small ones go to files, and memory is free again afterwards."""
    opened: list[IO[bytes]] = []
    opening = tempfile.TemporaryFile

    def noted(mode: str) -> IO[bytes]:
        opened.append(opening(mode))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    monkeypatch.setattr(listener, "MAX_BODIES_IN_MEMORY", 1_000_000)
    with serving() as server:
        for _ in range(3):
            assert server.exchange(large_form(900_000)).status == 415
            time.sleep(0.2)  # The memory is free a moment after the answer.
        assert opened == []
        with server.connect() as wire:
            wire.send(large_form(900_000)[:-1])
            deadline = time.monotonic() + 30
            while server.exchange(large_form(200_000)).status == 415 and not opened:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        assert len(opened) == 1
        time.sleep(0.2)
        assert server.exchange(large_form(900_000)).status == 415
        assert len(opened) == 1
