"""The service in a process of its own, as it is started, watched and stopped."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

ROOT = str(Path(__file__).parent.parent)
"""The repository's folder."""

SLOW_SERVICE = """
import sys, alpr_api
from alpr.engines.fake import FakeEngine
class Slow(FakeEngine):
    def read(self, image):
        print("reading", file=sys.stderr, flush=True)
        return super().read(image)

alpr_api.open_engine = lambda settings: Slow(delay_s=1.5)
sys.exit(alpr_api.main(["--port", "0", "--host", "127.0.0.1"]))
"""
"""Code of a service that says on stderr when it reads an image, and takes 1.5 s to do so."""


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

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if match := re.search(pattern, "".join(self.log)):
                return match
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in:\n{''.join(self.log)}")

    @property
    def port(self) -> int:
        return int(self.wait_for(r"listens on http://127\.0\.0\.1:(\d+)").group(1))

    def stop(self) -> int:
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
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
        program.wait()


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
