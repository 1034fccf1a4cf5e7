"""The service over this engine, as clients and health checks see it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PIL import Image

from testkit.forms import Part, encode_form
from testkit.images import encode
from testkit.service import serving
from testkit.wire_client import Response, Server, form_request, raw_request
from tests.assertions import assert_error

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen


ROOT = Path(__file__).parents[3]
HEALTH = raw_request("GET /livez HTTP/1.1", [("Host", "test"), ("Connection", "close")])
READY = HEALTH.replace(b"livez", b"readyz")


def asking(image: Image.Image, grid_size: int = 0) -> bytes:
    parts = [
        Part('name="upload"; filename="a.png"', encode(image, "PNG")),
        Part('name="grid_size"', str(grid_size).encode()),
    ]
    return form_request("/v1/vision/alpr", encode_form(parts, "border"), "border")


def test_the_trial_s_mask_is_passed_on(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    with serving(open_engine()) as server:
        body = server.exchange(asking(picture)).json
    assert [found["plate"] for found in body["predictions"]] == [seen(picture)]
    assert body["predictions"][0]["plate"].endswith("*")
    assert body["predictions"][0]["car"]["confidence"] == 99.6


def test_the_grid_searches_where_the_whole_image_shows_nothing(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    image = picture.copy()
    image.putpixel((0, 0), (0, 0, 0))
    with serving(open_engine()) as server:
        body = server.exchange(asking(image, grid_size=2)).json
    assert len(double.log("process")) == 1 + 4
    # The first cell holds the black pixel, too: three cells are left.
    assert body["count"] == 3
    assert all(0 <= p["x_min"] < p["x_max"] <= 640 for p in body["predictions"])
    assert max(p["x_min"] for p in body["predictions"]) >= 320


def test_health_is_answered_while_the_worker_works(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(WORK_MS=2000)
    engine = open_engine()
    engine.warm_up()
    with serving(engine) as server:
        answers: list[Response] = []
        reader = threading.Thread(target=lambda: answers.append(server.exchange(asking(picture))))
        reader.start()
        double.until(lambda: double.log("process"))
        took = [_seconds(server, HEALTH) for _ in range(9)]
        busy = reader.is_alive()
        reader.join(30)
    assert busy
    assert statistics.median(took) < 0.05
    assert answers[0].json["count"] == 1


def _seconds(server: Server, request: bytes) -> float:
    began = time.monotonic()
    assert server.exchange(request).status == 200
    return time.monotonic() - began


def test_a_worker_that_cannot_start_is_a_503_that_says_why(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="init@start")
    with serving(open_engine()) as server:
        answer = server.exchange(asking(picture))
        ready = server.exchange(READY)
    assert_error(answer.json, 503)
    assert (
        "last lines: FILE_NOT_FOUND: no model | engine: not made | init: not done"
        in (answer.json["error"])
    )
    assert "a model is missing from the assets folder" in answer.json["error"]
    assert int(answer.headers["retry-after"]) >= 1
    assert ready.status == 503
    assert "FILE_NOT_FOUND" in ready.body.decode()


def test_a_server_that_reads_nothing_is_not_ready(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(LIMIT=1)
    with serving(open_engine(restart_on_refusal=False)) as server:
        assert server.exchange(asking(picture)).status == 200
        assert server.exchange(READY).status == 200
        assert_error(server.exchange(asking(picture)).json, 503)
        ready = server.exchange(READY)
    assert ready.status == 503
    assert "Your license doesn't allow" in ready.json["lastError"]


def test_the_sdk_missing_is_a_503_that_says_how_to_install_it(
    open_engine: Open, picture: Image.Image
) -> None:
    with serving(open_engine()) as server:
        answer = server.exchange(asking(picture))
        ready = server.exchange(READY)
    assert_error(answer.json, 503)
    assert "build_and_setup_ultimatealvr.sh" in answer.json["error"]
    assert ready.status == 503
    assert "build_and_setup_ultimatealvr.sh" in ready.body.decode()


@contextlib.contextmanager
def program(log: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    """The program as it ships, in a process group of its own, once it listens."""
    command = [sys.executable, str(ROOT / "alpr_api.py"), "--host", "127.0.0.1", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT / "testkit" / "doubles")},
        )
    try:
        end = time.monotonic() + 60
        while not (found := re.search(r"listens on http://[\d.]+:(\d+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield process, Server(int(found[1]))
    finally:
        process.kill()
        process.wait()


def test_the_program_takes_it_by_itself_and_finishes_what_it_has_begun(
    double: Double, picture: Image.Image, seen: Seen, tmp_path: Path
) -> None:
    double.tell(WORK_MS=1000)
    log = tmp_path / "program.log"
    with program(log, "--engine", "auto") as (process, server):
        assert "engine ultimate" in log.read_text()
        double.until(lambda: server.exchange(READY).status == 200)
        [worker] = [psutil.Process(pid) for pid in double.processes()]
        answers: list[Response] = []
        reader = threading.Thread(target=lambda: answers.append(server.exchange(asking(picture))))
        reader.start()
        double.until(lambda: double.log("process"))
        # As a terminal or a service manager does it: everyone in the group is told at once.
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
        reader.join(30)
    assert [found["plate"] for found in answers[0].json["predictions"]] == [seen(picture)]
    assert not worker.is_running()
    assert double.log("deInit")


def test_a_worker_whose_parent_is_killed_goes_too(double: Double, tmp_path: Path) -> None:
    with program(tmp_path / "program.log") as (process, server):
        double.until(lambda: server.exchange(READY).status == 200)
        [worker] = [psutil.Process(pid) for pid in double.processes()]
        process.kill()
        process.wait()
        double.until(lambda: not worker.is_running())
