"""The executable on a box that has nothing, over HTTP and by signals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.images import FORMATS
from alpr.server.unpacked_folder import MAX_PAUSE_S
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.service import client_of
from tests.frozen.box import NOBODY, Answer, Box, is_root
from tests.frozen.conftest import ROOT

FAKE = ("--engine", "fake")
SLOW_ROUTE = "/v1/vision/alpr_grid_debug"


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that other users may look into, unlike those that pytest gives."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_it_serves_with_nothing_set_and_nothing_to_write_to(box: Box, everybodys: Path) -> None:
    """No HOME, no PATH, no Python, a folder that cannot be written to, another user."""
    tmp, folder = everybodys / "tmp", everybodys / "bin"
    tmp.mkdir()
    tmp.chmod(0o1777)
    folder.mkdir()
    shutil.copy(box.program, folder / "alpr_api")
    folder.chmod(0o555)
    elsewhere = Box(folder / "alpr_api", tmp)
    other: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with elsewhere.running(*FAKE, cwd=folder, **(other if is_root() else {})) as running:
        running.ready()
        assert len(elsewhere.unpacked()) == 1
        answer = running.post("/v1/vision/alpr", encode(gradient_image()))
        assert answer.status == 200
        assert json.loads(answer.body)["predictions"][0]["plate"] == "FAKE123"
        assert running.stop() == 0
    assert [path.name for path in folder.iterdir()] == ["alpr_api"]
    assert not list(tmp.iterdir())


def test_the_embedded_engine_reads_as_it_does_from_source(box: Box) -> None:
    image = (ROOT / "docs" / "images" / "found.webp").read_bytes()
    from_source = client_of(EmbeddedEngine()).post("/v1/vision/alpr", **upload(image))
    expected = from_source.get_json()["predictions"]
    with box.running("--engine", "embedded") as running:
        running.ready()
        answer = running.post("/v1/vision/alpr", image)
        assert json.loads(answer.body)["predictions"] == expected != []
        assert json.loads(running.get("/readyz").body)["engine"] == "embedded"


def test_every_kind_of_picture_is_opened(box: Box) -> None:
    with box.running(*FAKE) as running:
        for kind in (*FORMATS, "MPO"):
            assert running.post("/v1/vision/alpr", encode(gradient_image(), kind)).status == 200


def test_the_page_and_the_metrics_are_inside(box: Box) -> None:
    with box.running(*FAKE) as running:
        page = running.get("/")
        assert page.status == 200
        files = re.findall(r'(?:src|href)="(static/[^"]+)"', page.body.decode())
        assert files
        assert {running.get(f"/{file}").status for file in files} == {200}
        metrics = running.get("/metrics")
        assert (metrics.status, b"alpr_requests_total" in metrics.body) == (200, True)


def test_config_json_is_read_beside_it(box: Box, tmp_path: Path) -> None:
    program = tmp_path / "alpr_api"
    shutil.copy(box.program, program)
    (tmp_path / "config.json").write_text('{"engine": "fake", "grid_size": 7}')
    printed = subprocess.run(
        [program, "--print-config"], capture_output=True, text=True, check=True, **box.started_with
    )
    assert "grid_size = 7  (config.json)" in printed.stdout


def test_a_link_to_it_finds_config_json_beside_the_file(box: Box, tmp_path: Path) -> None:
    for name in ("opt", "bin"):
        (tmp_path / name).mkdir()
    shutil.copy(box.program, tmp_path / "opt" / "alpr_api")
    (tmp_path / "opt" / "config.json").write_text('{"grid_size": 7}')
    (tmp_path / "bin" / "alpr_api").symlink_to(tmp_path / "opt" / "alpr_api")
    printed = subprocess.run(
        [tmp_path / "bin" / "alpr_api", "--print-config"],
        capture_output=True,
        text=True,
        check=True,
        **box.started_with,
    )
    assert "grid_size = 7  (config.json)" in printed.stdout


def test_a_taken_port_is_one_line_and_exit_code_1(box: Box) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with box.running(*FAKE, "--port", port) as running:
            assert running.ended() == 1
            assert len(running.log) == 1
            assert port in running.log[0]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGTERM] * 3, [signal.SIGINT]])
def test_the_request_in_flight_is_finished(box: Box, signals: list[signal.Signals]) -> None:
    """And a service manager tells all processes, so that the service hears it twice."""
    image = encode(
        gradient_image(8000, 6000, "F"), "TIFF", compression="tiff_lzw"
    )  # takes a second
    sent = threading.Event()
    answers: list[Answer] = []
    with box.running(*FAKE) as running:
        running.ready()
        client = threading.Thread(
            target=lambda: answers.append(running.post(SLOW_ROUTE, image, sent.set))
        )
        client.start()
        sent.wait()
        time.sleep(0.1)
        for number in signals:
            for process in running.family():
                process.send_signal(number)
            time.sleep(0.02)
        assert not answers, "too fast a machine for this picture"
        client.join()
        assert running.ended() == 0
    assert [answer.status for answer in answers] == [200]
    assert len(json.loads(answers[0].body)["image"]) > 1e5


def test_a_killed_one_ends_and_the_next_start_removes_its_folder(box: Box) -> None:
    with box.running(*FAKE) as killed:
        killed.ready()
        (left,) = box.unpacked()
        family = killed.family()
        killed.process.kill()
        _, alive = psutil.wait_procs(family[1:], timeout=30)
        assert alive == []
    assert box.unpacked() == [left]
    with box.running(*FAKE) as running:
        running.ready()
        assert left not in box.unpacked()
        subprocess.run([box.program, "--version"], check=True, **box.started_with)
        assert running.get("/livez").status == 200
        assert len(box.unpacked()) == 1


def test_the_folder_of_a_start_without_room_is_removed_by_a_later_one(box: Box) -> None:
    """A limit of file sizes stands for a full disk."""
    command = ["/bin/sh", "-c", f"trap '' XFSZ; ulimit -f 1000; exec {box.program} --version"]
    failed = subprocess.run(command, check=False, stderr=subprocess.PIPE, **box.started_with)
    assert failed.returncode != 0
    assert b"Failed to extract" in failed.stderr
    (left,) = box.unpacked()
    command = [str(box.program), "--version"]
    subprocess.run(command, check=True, **box.started_with)
    assert box.unpacked() == [left], "it might be of one that starts in another container"
    long_ago = time.time() - MAX_PAUSE_S - 10
    for path in (left, *left.rglob("*")):
        os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    subprocess.run(command, check=True, **box.started_with)
    assert box.unpacked() == []


def test_an_archive_is_read_without_a_server(box: Box, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for name in ("a", "b"):
        (archive / f"{name}.jpg").write_bytes(encode(gradient_image()))
    (archive / "c.jpg").write_bytes(b"no picture")
    done = subprocess.run(
        [box.program, "read", *FAKE, "--csv", archive],
        capture_output=True,
        check=False,
        **box.started_with,
    )
    assert done.returncode == 1
    assert done.stdout.count(b"FAKE123") == 2
    assert b"c.jpg" in done.stderr
