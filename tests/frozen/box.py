"""A box that the executable was copied to: no Python, no home, nothing set, nothing to write to."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from testkit.forms import Part, encode_form

PATIENCE_S = 120
"""How long a start may take on a machine that does much else at the same time."""

NOBODY = 65534


class Answer(NamedTuple):
    status: int
    body: bytes


class Frozen:
    """The running executable; ``log`` grows while it runs."""

    def __init__(self, program: Path, *options: str, **started_with: Any) -> None:
        self.process = subprocess.Popen(
            [str(program), *options], stderr=subprocess.PIPE, text=True, **started_with
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            self.log.extend(lines)

    def waits_for(self, condition: Callable[[], Any]) -> Any:
        """What the condition gives once it gives anything."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if value := condition():
                return value
            assert self.process.poll() is None, self.last_words()
            time.sleep(0.05)
        raise AssertionError(self.last_words())

    def last_words(self) -> str:
        return "".join(self.log[-20:])

    @property
    def port(self) -> int:
        pattern = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")
        return int(self.waits_for(lambda: pattern.search("".join(self.log))).group(1))

    def get(self, path: str) -> Answer:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as got:
                return Answer(got.status, got.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())

    def ready(self) -> None:
        self.waits_for(lambda: self.get("/readyz").status == 200)

    def post(self, path: str, image: bytes, sent: Callable[[], None] = lambda: None) -> Answer:
        """Sends an image; ``sent`` is called when the program has all of it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        body = encode_form([Part('name="upload"; filename="a.jpg"', image)], "b")
        connection.request("POST", path, body, {"Content-Type": "multipart/form-data; boundary=b"})
        sent()
        with contextlib.closing(connection):
            got = connection.getresponse()
            return Answer(got.status, got.read())

    def family(self) -> list[psutil.Process]:
        """Its processes: what unpacked it, the service, the engine's workers."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def ended(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()


class Box:
    """Starts an executable as a stranger would; ``tmp`` is where it may unpack itself."""

    def __init__(self, program: Path, tmp: Path) -> None:
        self.program = program
        self.tmp = tmp
        self.started_with: dict[str, Any] = {"cwd": "/", "env": {"TMPDIR": str(tmp)}}

    def unpacked(self) -> list[Path]:
        return sorted(self.tmp.glob("_MEI*"))

    @contextlib.contextmanager
    def running(
        self, *options: str, env: Mapping[str, str] | None = None, **started_with: Any
    ) -> Iterator[Frozen]:
        """Stopped at the end if it still runs, and killed where a test failed."""
        fixed = ("--host", "127.0.0.1", "--port", "0")
        told = {**self.started_with, **started_with}
        told["env"] = {**told["env"], **(env or {})}
        frozen = Frozen(self.program, *fixed, *options, **told)
        try:
            yield frozen
            if frozen.process.poll() is None:
                assert frozen.stop() == 0
        finally:
            if frozen.process.poll() is None:
                for process in frozen.family():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            frozen.ended()


def is_root() -> bool:
    return os.geteuid() == 0
