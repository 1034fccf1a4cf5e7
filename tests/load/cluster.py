"""Replicas of the service behind the nginx that ships, and clients that keep them busy."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType

from testkit.forms import Part, encode_form
from testkit.images import encode, gradient_image
from testkit.programs import Program

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
PATIENCE_S = 60
READ_S = 0.1
"""How long the replicas' engine takes for an image; it sleeps, so they need few cores."""

REPLICA = f"""
import sys, alpr_api
from alpr.engines.fake import FakeEngine
alpr_api.open_engine = lambda settings: FakeEngine(delay_s={READ_S})
sys.exit(alpr_api.main(sys.argv[1:]))
"""
MAIN = """
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include alpr_api.conf;
}}
"""
"""What Debian's nginx.conf has around ours, in a folder of its own."""

BODY = encode_form([Part('name="upload"; filename="a.jpg"', encode(gradient_image()))], "b")
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
ROUTE = "/v1/vision/alpr"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    """A port below those that the kernel gives to clients, so that a restart gets it again."""
    while True:
        port = random.randint(15000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Replica:
    """The service on a port that it keeps over restarts."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self._options = options
        self.start()

    def start(self) -> None:
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        self.program = Program("-c", REPLICA, *address, *self._options)

    def wait_until_ready(self) -> None:
        self.program.wait_for("the engine is ready")

    def kill(self) -> None:
        self.program.process.kill()
        self.program.wait()

    def reads(self) -> int:
        """How many requests it has answered, by its log."""
        return sum(f"POST {ROUTE} 200" in line for line in self.program.log)


class Nginx:
    """Debian's nginx with deploy/nginx.conf, on a port of its own, over these replicas."""

    def __init__(self, folder: Path, ports: list[int]) -> None:
        self.port = free_port()
        self._folder = folder
        conf = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        for shipped, here in (
            ("listen 5000;", f"listen 127.0.0.1:{self.port};"),
            ("/var/log/nginx/access.log", "access.log"),
        ):
            assert conf.count(shipped) == 1, shipped
            conf = conf.replace(shipped, here)
        (folder / "alpr_api.conf").write_text(conf)
        user = (
            "user root;" if os.geteuid() == 0 else ""
        )  # otherwise its workers could not write here
        (folder / "nginx.conf").write_text(MAIN.format(user=user))
        self._write_replicas(ports)
        self._command = [shutil.which("nginx") or "nginx", "-p", str(folder), "-c", "nginx.conf"]
        self._process = subprocess.Popen([*self._command, "-e", "error.log"])
        self._wait_for_port()

    def _write_replicas(self, ports: list[int]) -> None:
        shipped = (DEPLOY / "alpr_api.replicas").read_text(encoding="utf-8").splitlines()
        line = next(line for line in shipped if line.startswith("server "))
        assert "127.0.0.1:5001" in line
        lines = [line.replace("127.0.0.1:5001", f"127.0.0.1:{port}") for port in ports]
        (self._folder / "alpr_api.replicas").write_text("\n".join(lines))

    def _wait_for_port(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise AssertionError((self._folder / "error.log").read_text())

    def log(self) -> list[str]:
        return (self._folder / "access.log").read_text().splitlines()

    def log_line(self, request_id: str) -> str:
        """The line of this request, which is written a moment after the answer."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for line in self.log():
                if f" id={request_id} " in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no {request_id} in the log")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)


class Load:
    """Clients, each sending one image after another on a connection of its own."""

    def __init__(self, port: int, clients: int) -> None:
        self.answers: Counter[int | str] = Counter()
        self._port = port
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(clients)]

    def _send(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            while not self._stop.is_set():
                self._note(_outcome(connection))

    def _note(self, outcome: int | str) -> None:
        with self._lock:
            self.answers[outcome] += 1

    def wait_for(self, more: int) -> None:
        """Waits until ``more`` further requests are answered."""
        total = self.answers.total() + more
        wait_until(lambda: self.answers.total() >= total)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)


def _outcome(connection: HTTPConnection) -> int | str:
    """The status, or what went wrong."""
    try:
        connection.request("POST", ROUTE, BODY, FORM)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        connection.close()
        return repr(error)
    return answer.status


@contextlib.contextmanager
def replicas(count: int, *options: str) -> Iterator[list[Replica]]:
    """``count`` replicas, ready; stopped at the end, however the tests left them."""
    running = [Replica(*options) for _ in range(count)]
    try:
        for replica in running:
            replica.wait_until_ready()
        yield running
    finally:
        for replica in running:
            replica.kill()
