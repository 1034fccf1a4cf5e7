"""``alpr_api read --cluster``: an archive on a real Dask scheduler and three worker processes."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alpr.archive import cluster
from alpr.errors import EngineError
from testkit.doubles import dask_preload
from testkit.images import encode, gradient_image
from tests.archive.conftest import ROOT, Read, names

WORKERS = 3
NEEDS_DASK = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="distributed is not installed"
)


@dataclass(frozen=True)
class Dask:
    """A scheduler and its workers; ``folder`` is where they run and where they tell things."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), dask_preload.FOLDER: str(folder)}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    local = ["--host", "127.0.0.1"]
    worker = ["worker", *common, *local, "--no-nanny", "--nthreads", "1"]
    worker += ["--preload", "testkit.doubles.dask_preload"]
    commands = [["scheduler", *common, *local, "--port", "0"], *[worker] * WORKERS]
    with (folder / "log").open("wb") as log:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "dask", *command],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
            for command in commands
        ]
    try:
        ready = b"Starting established connection"
        wait_for(lambda: (folder / "log").read_bytes().count(ready) >= 2 * WORKERS, folder / "log")
        yield Dask(json.loads(file.read_text())["address"], folder)
    finally:
        for process in started:
            process.kill()
            process.wait()


def wait_for(is_true: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def start_read(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    program = [sys.executable, str(ROOT / "alpr_api.py"), "read", "--engine", "fake"]
    return subprocess.Popen(
        [*program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def timeless(text: str) -> list[dict[str, Any]]:
    """The rows without what differs from run to run: times and the requests' names."""
    changing = ("Ms", "_ms", "MS", "requestId", "timestampUTC")
    return [
        {key: value for key, value in json.loads(line).items() if not key.endswith(changing)}
        for line in text.splitlines()
    ]


@NEEDS_DASK
def test_rows_are_those_of_a_run_without_a_cluster(
    archive: Path, dask: Dask, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / "gone.jpg").symlink_to("nowhere")
    (archive / "b.jpg").rename(archive / "only-here.jpg")
    process = start_read(".", "--cluster", dask.address, "--send", cwd=archive)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "7 files, 5 plates, 2 refused" in err
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(archive)
        assert read(".") == 1
    assert timeless(out) == timeless(capsys.readouterr().out)


@NEEDS_DASK
def test_a_worker_that_dies_costs_no_row_and_the_run_resumes(
    archive: Path, dask: Dask, read: Read, tmp_path: Path
) -> None:
    """One worker is killed while it reads an image."""
    for number in range(30):
        (archive / f"m{number:02}.jpg").write_bytes(encode(gradient_image(64, 64)))
    held = gradient_image(dask_preload.HELD_WIDTH, 64)
    (archive / "m15.jpg").write_bytes(encode(held))
    (archive / "torn.jpg").unlink()
    (archive / "only-here.jpg").write_bytes(encode(gradient_image()))
    out = tmp_path / "out"
    assert read(archive / "2026-11", archive / "a.JPEG", "--resume", out) == 0
    done = out.read_text()

    process = start_read(archive, "--cluster", dask.address, "--resume", out)
    holder = dask.folder / "holder"
    wait_for(holder.exists, dask.folder / "log")
    os.kill(int(holder.read_text()), signal.SIGKILL)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "only-here.jpg: a worker cannot open it; --send sends it" in err
    rows = out.read_text()
    assert rows.startswith(done)
    numbers = [f"m{number:02}.jpg" for number in range(30)]
    assert names(archive, rows) == [
        "2026-11/c.jpg",
        "2026-11/d.jpg",
        "a.JPEG",
        "b.jpg",
        *numbers,
        "z.png",
    ]

    process = start_read(archive, "--cluster", dask.address, "--resume", out, "--send")
    err = process.communicate(timeout=60)[1]
    assert (process.returncode, "1 file, 1 plate" in err) == (0, True)
    assert names(archive, out.read_text())[-1] == "only-here.jpg"
    engines = (dask.folder / "engines").read_text().split()
    assert len(set(engines)) == len(engines) <= WORKERS


@NEEDS_DASK
def test_a_scheduler_that_does_not_answer_is_one_line(archive: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        process = start_read(archive, "--cluster", address)
        out, err = process.communicate(timeout=60)
    why = f"alpr_api: --cluster {address}: there is no scheduler that answers\n"
    assert (process.returncode, out, err) == (2, "", why)


@NEEDS_DASK
@pytest.mark.parametrize(("given", "words"), [("", "TLS needs"), ("/etc/passwd", "cannot be used")])
def test_tls_without_certificates_is_one_line(archive: Path, given: str, words: str) -> None:
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    environment = {**os.environ, f"{tls}CA_FILE": given, f"{tls}CLIENT__CERT": given}
    process = start_read(archive, "--cluster", "tls://127.0.0.1:1", env=environment)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert "distributed.comm.tls.ca-file" in err


def test_a_missing_package_is_one_line(
    archive: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert read(archive, "--cluster", "tcp://127.0.0.1:1") == 2
    assert capsys.readouterr() == ("", f"alpr_api: {cluster.MISSING}\n")


@NEEDS_DASK
def test_what_is_no_address_is_one_line(archive: Path) -> None:
    process = start_read(archive, "--cluster", "scheduler")
    err = process.communicate(timeout=60)[1]
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert "tcp://scheduler:8786" in err


def test_files_are_sent_only_to_a_cluster(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(archive, "--send") == 2
    assert capsys.readouterr() == ("", "alpr_api: --send needs --cluster\n")


def test_a_worker_of_another_version_reads_nothing(archive: Path) -> None:
    with pytest.raises(EngineError, match=r"and not 0\.0\.1"):
        cluster.read_on_worker("0.0.1", b"", cluster.Task("b.jpg", str(archive / "b.jpg")))
