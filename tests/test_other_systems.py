"""Systems that lack what Linux has, e.g. Windows: the program starts and reads there too."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from testkit.images import encode, gradient_image
from testkit.programs import ROOT, post_image, started

ELSEWHERE = """
import os, signal, socket, sys
for module in ("fcntl", "resource"):
    sys.modules[module] = None
for place, names in (
    (os, ("sched_getaffinity", "memfd_create", "geteuid")),
    (signal, ("SIGPIPE", "SIGPROF", "SIGXCPU", "setitimer")),
    (socket, ("AF_UNIX", "send_fds", "recv_fds")),
):
    for name in names:
        delattr(place, name)
import alpr_api
sys.exit(alpr_api.main(sys.argv[1:]))
"""


def test_a_folder_is_read_and_a_run_resumed(tmp_path: Path) -> None:
    """An ordinary image, and one that Linux decodes in a process with limits."""
    (tmp_path / "a.jpg").write_bytes(encode(gradient_image()))
    (tmp_path / "b.tif").write_bytes(encode(gradient_image(), "TIFF"))
    out = tmp_path / "out"
    for _ in range(2):
        command = [sys.executable, "-c", ELSEWHERE, "read", "--engine", "embedded"]
        done = subprocess.run(
            [*command, "--resume", str(out), str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(Path(line["file"]).name, line["success"]) for line in lines] == [
        ("a.jpg", True),
        ("b.tif", True),
    ]


def test_the_service_starts_reads_and_stops() -> None:
    options = ("--engine", "fake", "--host", "127.0.0.1", "--port", "0")
    with started("-c", ELSEWHERE, *options) as program:
        program.wait_for("the engine is ready")
        for kind in ("JPEG", "TIFF"):
            assert post_image(program.port, encode(gradient_image(), kind))[0] == 200
        url = f"http://127.0.0.1:{program.port}/metrics"
        with urllib.request.urlopen(url, timeout=20) as metrics:
            assert metrics.status == 200
        assert program.stop() == 0
