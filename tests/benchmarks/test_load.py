"""The load tool against the fake engine, in a process of its own because gevent patches it."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from testkit.programs import ROOT
from testkit.service import serving
from testkit.wire_client import Server

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("locust"), reason="locust is not installed"
)
COLUMNS = ["sent", "read", "refused", "failed", "read/s"]


def load(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/load.py", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def row(done: subprocess.CompletedProcess[str], words: int) -> tuple[list[int], float, list[int]]:
    """Counts, images a second, milliseconds."""
    assert (done.returncode, done.stderr) == (0, "")
    title, line = done.stdout.splitlines()
    assert title.split()[1:6] == COLUMNS
    cells = line.split()[words:]
    return [int(cell) for cell in cells[:4]], float(cells[4]), [int(cell) for cell in cells[5:]]


def test_a_closed_loop_counts_images_that_were_read() -> None:
    with serving(FakeEngine(delay_s=0.05)) as server:
        counts, rate, times = row(load(url(server), "--clients", 2, "--seconds", 2), 2)
    sent, read, refused, failed = counts
    assert (sent, refused, failed) == (read, 0, 0)
    assert 0 < rate <= 2 / 0.05
    *percentiles, cpu = times
    assert percentiles == sorted(percentiles)
    assert percentiles[0] >= 50
    assert cpu > 0


def test_an_open_loop_counts_refusals_and_waiting() -> None:
    """Images arrive twice as fast as one slot reads: they wait, or they are refused."""
    settings = Settings(host="127.0.0.1", port=0, slots=1, queue=2)
    with serving(FakeEngine(delay_s=0.1), settings) as server:
        counts, rate, times = row(load(url(server), "--rate", 20, "--seconds", 3), 1)
    sent, read, refused, failed = counts
    assert 40 <= sent <= 80
    assert (read + refused, failed) == (sent, 0)
    assert refused > 0
    assert rate <= 10
    assert times[0] > 100


def test_an_unreadable_image_is_one_line(server: Server, tmp_path: Path) -> None:
    (tmp_path / "car.jpg").write_text("no image")
    done = load(url(server), tmp_path / "car.jpg")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "415" in done.stderr


def test_an_address_without_a_service_is_one_line() -> None:
    with socket.socket() as silent:
        silent.bind(
            ("127.0.0.1", 0)
        )  # Bound but not listening, so that no other program takes the port.
        done = load(address := f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"load: {address}/v1/vision/alpr: nothing answers\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://127.0.0.1.example.org"],
        ["ftp://127.0.0.1"],
        ["http://127.0.0.1:5000", "--seconds", 301],
    ],
)
def test_it_loads_only_this_machine_for_a_bounded_time(arguments: list[object]) -> None:
    assert load(*arguments).returncode == 2


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"
