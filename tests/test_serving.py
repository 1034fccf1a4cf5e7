"""The program as it ships: started, asked, stopped."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
SLOW = """
import sys, alpr_api
from alpr.engines.fake import FakeEngine
class Slow(FakeEngine):
    def read(self, image):
        print("reading", file=sys.stderr, flush=True)
        return super().read(image)

alpr_api.open_engine = lambda settings: Slow(delay_s=1.5)
sys.exit(alpr_api.main(["--port", "0", "--host", "127.0.0.1"]))
"""


class Program:
    """The service in a process of its own; ``log`` grows while it runs."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)

    def waits_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if match := re.search(pattern, "".join(self.log)):
                return match
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in:\n{''.join(self.log)}")

    @property
    def port(self) -> int:
        return int(self.waits_for(r"listens on http://127\.0\.0\.1:(\d+)").group(1))

    def stop(self) -> int:
        self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(timeout=60)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def started(*command: str) -> Iterator[Program]:
    program = Program(*command)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.process.kill()
        program.ended()


@contextlib.contextmanager
def fake_service(*options: str) -> Iterator[Program]:
    fixed = ("alpr_api.py", "--engine", "fake", "--host", "127.0.0.1", "--port", "0")
    with started(*fixed, *options) as program:
        yield program


def post_image(port: int, image: bytes) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    body = b'--b\r\nContent-Disposition: form-data; name="upload"; filename="upload"\r\n\r\n'
    body += image + b"\r\n--b--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", "/v1/vision/alpr", body, kind)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


@pytest.fixture
def picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(output, "PNG")
    return output.getvalue()


def test_start_up_line_says_address_engine_and_version() -> None:
    with fake_service() as program:
        line = program.waits_for(r".*listens on.*").group()
        assert re.search(r"alpr_api \d+\.\d+\.\d+ listens on http://127\.0\.0\.1:\d+", line)
        assert "engine fake" in line
        assert program.stop() == 0


def test_ready_after_warm_up_without_a_request() -> None:
    with fake_service() as program:
        program.waits_for("the engine is ready")
        with urllib.request.urlopen(f"http://127.0.0.1:{program.port}/readyz", timeout=10) as ready:
            assert ready.status == 200


def test_a_taken_port_is_one_line_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with fake_service("--port", port) as program:
            assert program.ended() == 1
            assert len(program.log) == 1
            assert port in program.log[0]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM] * 3])
def test_the_request_in_flight_is_finished(signals: list[signal.Signals], picture: bytes) -> None:
    with started("-c", SLOW) as program:
        answers: list[tuple[int, dict[str, object]]] = []
        port = program.port
        client = threading.Thread(target=lambda: answers.append(post_image(port, picture)))
        client.start()
        program.waits_for("reading")
        for number in signals:
            program.process.send_signal(number)
            time.sleep(0.2)
        client.join()
        assert program.ended() == 0
        assert [status for status, _ in answers] == [200]
        assert answers[0][1]["count"] == 1


def test_a_stop_during_the_warm_up_waits_for_its_end() -> None:
    """ONNX Runtime, met by the interpreter's end inside a run, aborts the process."""
    warming = SLOW.replace(
        "def read(",
        "def warm_up(self):\n        import time; time.sleep(1.5)\n"
        "        print('warm', file=sys.stderr, flush=True)\n    def read(",
    )
    with started("-c", warming) as program:
        assert program.port
        assert program.stop() == 0
        assert "warm\n" in program.log


def test_refusals_of_the_server_itself_are_json() -> None:
    with fake_service() as program, socket.create_connection(("127.0.0.1", program.port)) as wire:
        wire.sendall(b"POST /v1/vision/alpr HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")
        answer = wire.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400")
        assert json.loads(body)["predictions"] == []
