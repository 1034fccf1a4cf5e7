"""The program as it ships: it starts, answers and stops."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import threading
import time
import urllib.request

import pytest
from PIL import Image

from alpr import __version__
from testkit.programs import SLOW_SERVICE, fake_service, post_image, started


@pytest.fixture
def image_file() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(output, "PNG")
    return output.getvalue()


def test_start_up_line_says_address_engine_and_version() -> None:
    with fake_service() as program:
        line = program.wait_for(r".*listens on.*").group()
        assert re.search(
            rf"alpr_api {re.escape(__version__)} listens on http://127\.0\.0\.1:\d+", line
        )
        assert "engine fake" in line
        assert program.stop() == 0


def test_ready_after_warm_up_without_a_request() -> None:
    with fake_service() as program:
        program.wait_for("the engine is ready")
        with urllib.request.urlopen(f"http://127.0.0.1:{program.port}/readyz", timeout=10) as ready:
            assert ready.status == 200


def test_a_taken_port_is_one_line_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with fake_service("--port", port) as program:
            assert program.wait() == 1
            assert len(program.log) == 1
            assert port in program.log[0]


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGHUP], [signal.SIGTERM] * 3]
)
def test_the_request_in_flight_is_finished(
    signals: list[signal.Signals], image_file: bytes
) -> None:
    with started("-c", SLOW_SERVICE) as program:
        answers: list[tuple[int, dict[str, object]]] = []
        port = program.port
        client = threading.Thread(target=lambda: answers.append(post_image(port, image_file)))
        client.start()
        program.wait_for("reading")
        for number in signals:
            program.process.send_signal(number)
            time.sleep(0.2)
        client.join()
        assert program.wait() == 0
        assert [status for status, _ in answers] == [200]
        assert answers[0][1]["count"] == 1


def test_a_program_under_nohup_outlives_its_terminal() -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)" + SLOW_SERVICE
    with started("-c", ignoring) as program:
        port = program.port
        program.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=10) as answer:
            assert answer.status == 200


def test_a_stop_during_the_warm_up_waits_for_its_end() -> None:
    """ONNX Runtime aborts the process if the interpreter ends while a thread is inside a run."""
    warming = SLOW_SERVICE.replace(
        "def read(",
        "def warm_up(self):\n        import time; time.sleep(1.5)\n"
        "        print('warm', file=sys.stderr, flush=True)\n    def read(",
    )
    with started("-c", warming) as program:
        assert program.port
        assert program.stop() == 0
        assert "warm\n" in program.log


def test_refusals_by_waitress_are_json() -> None:
    with fake_service() as program, socket.create_connection(("127.0.0.1", program.port)) as wire:
        wire.sendall(b"POST /v1/vision/alpr HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")
        answer = wire.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400")
        assert json.loads(body)["predictions"] == []
