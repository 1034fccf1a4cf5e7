"""The page out of the frozen executable, which carries its files along."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.wire_client import Server
from tests.browser.conftest import Opener, eventually

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "dist/alpr_api"


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Server]:
    """The executable, started from an empty folder."""
    if not PROGRAM.is_file():
        pytest.skip("no executable: ./build_alpr_api.sh")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(PROGRAM), "--engine", "fake", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: listens(port), True)
            yield Server(port)
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_the_frozen_page_reads_a_picture(opened: Opener, frozen: Server) -> None:
    page = opened(frozen).read()
    assert page.inner_text("#result-title") == "1 plate"
    assert page.locator(".char").count() == len("FAKE123")
    assert page.inner_text("#ready") == "ready"
    page.click("#draw")
    page.wait_for_selector("#drawing-image:visible")
