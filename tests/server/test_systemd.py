"""What the program reports to systemd over its socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr.server import systemd
from testkit.images import encode, gradient_image
from testkit.programs import SLOW_SERVICE, fake_service, post_image, started

PERIOD_S = 0.6
ALIVE = ["WATCHDOG=1"]


class Listener:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0"))

    def next(self, timeout_s: float = 20) -> list[str]:
        self._socket.settimeout(timeout_s)
        return self._socket.recv(4096).decode().split("\n")

    def next_except(self, expected: list[str]) -> list[str]:
        while (said := self.next()) == expected:
            pass
        return said

    def forget(self) -> None:
        """Drops the messages received so far."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(4096)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with contextlib.closing(Listener(address)) as open_one:
        yield open_one


@pytest.mark.parametrize("host", ["127.0.0.1", "*"])
def test_ready_alive_and_stopping_are_reported(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(int(PERIOD_S * 1e6)))
    with fake_service("--host", host) as program:
        assert listener.next_except(ALIVE) == ["READY=1", "STATUS=the engine is ready"]
        for _ in range(4):
            assert listener.next() == ALIVE
        assert program.stop() == 0
    assert listener.next_except(ALIVE) == ["STOPPING=1"]


def test_three_signs_of_life_a_period_and_only_while_the_loop_runs(
    listener: Listener,
) -> None:
    watchdog = systemd.Watchdog(PERIOD_S)
    for _ in range(3):
        watchdog.beat()
    assert listener.next() == ALIVE
    time.sleep(PERIOD_S / 3)
    with pytest.raises(TimeoutError):
        listener.next(0.01)
    watchdog.beat()
    assert listener.next() == ALIVE


def test_without_a_watchdog_no_sign_of_life_is_sent(listener: Listener) -> None:
    systemd.Watchdog(0).beat()
    with pytest.raises(TimeoutError):
        listener.next(0.01)


def test_signs_of_life_go_on_while_the_last_request_is_finished(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(int(PERIOD_S * 1e6)))
    with started("-c", SLOW_SERVICE) as program:
        port = program.port
        client = threading.Thread(target=post_image, args=(port, encode(gradient_image())))
        client.start()
        program.wait_for("reading")
        program.process.send_signal(signal.SIGTERM)
        while listener.next() != ["STOPPING=1"]:
            pass
        for _ in range(3):
            assert listener.next() == ALIVE
        client.join()
        assert program.wait() == 0


def test_the_loop_gives_signs_of_life_while_a_read_is_long(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    with started("-c", SLOW_SERVICE) as program:
        port = program.port
        listener.next()
        client = threading.Thread(target=post_image, args=(port, encode(gradient_image())))
        client.start()
        program.wait_for("reading")
        listener.forget()
        assert listener.next(1.3) == ALIVE
        client.join()


@pytest.mark.parametrize(
    ("usec", "pid", "watches"),
    [
        ("30000000", "", True),
        ("30000000", str(os.getpid()), True),
        ("30000000", str(os.getppid()), True),
        ("30000000", "1", False),
        ("", "", False),
        ("soon", "", False),
    ],
    ids=["any process", "this process", "its parent", "another", "no watchdog", "no number"],
)
def test_the_watchdog_is_answered_only_if_it_watches_this_process(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, watches: bool
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert systemd.watchdog_period_s() == (30 if watches else 0)


def test_an_abstract_socket_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"@alpr-api-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with contextlib.closing(Listener(address)) as listener:
        systemd.notify("READY=1")
        assert listener.next() == ["READY=1"]


def test_a_socket_that_is_gone_is_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    systemd.notify("READY=1")
    assert "No such file" in caplog.text


def test_a_broken_engine_is_reported_and_the_service_goes_on(listener: Listener) -> None:
    broken = SLOW_SERVICE.replace(
        "class Slow(FakeEngine):",
        "class Slow(FakeEngine):\n"
        "    def warm_up(self):\n"
        "        from alpr.errors import EngineError\n"
        "        raise EngineError('no model')",
    )
    with started("-c", broken) as program:
        assert listener.next() == ["READY=1", "STATUS=the engine is not ready"]
        assert program.port
        program.process.send_signal(signal.SIGTERM)
        assert program.wait() == 0
