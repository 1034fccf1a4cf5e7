"""One worker's process: what it may say, what it is not told, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from alpr.engines.ultimate import worker_main, worker_process
from alpr.engines.ultimate.pixels import Pixels, SharedMemory
from alpr.engines.ultimate.worker_process import WorkerConfig, WorkerError, WorkerProcess
from alpr.errors import EngineError

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open


WORKER_OF_ITS_OWN_MIND = """
import sys, time
from multiprocessing.connection import Connection
channel = Connection(int(sys.argv[2]))
channel.recv_bytes()
for answer in {answers!r}:
    channel.send_bytes(answer)
    channel.recv_bytes()
channel.close()
time.sleep({linger})
"""


@pytest.mark.parametrize(
    ("answers", "linger", "story"),
    [
        ([b"Segmentation fault"], 60, "answered garbage"),
        ([b'["ready"]'], 60, "answered garbage"),
        ([b'{"ready": 1}'], 60, "answered garbage at its start"),
        ([b'{"ready": true}', b"{}"], 60, "answered garbage"),
        ([b'{"ready": true}', b"\xff\xfe"], 60, "answered garbage"),
        ([b'{"ready": true}'], 0, "ended with exit code 0"),
    ],
)
def test_a_worker_that_talks_nonsense_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[bytes], linger: int, story: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(WORKER_OF_ITS_OWN_MIND.format(answers=answers, linger=linger))
    monkeypatch.setattr(worker_main, "__file__", str(program))
    chatterbox = WorkerProcess(WorkerConfig({}, start_timeout_s=20, call_timeout_s=20))
    with pytest.raises(WorkerError, match=story):
        chatterbox.start()
        chatterbox.call(Pixels(b"123", 1, 1))
    assert chatterbox.exit_reason
    chatterbox.close()


def test_a_worker_that_lingers_is_ended_once_it_has_closed_its_pipe_or_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(WORKER_OF_ITS_OWN_MIND.format(answers=[b'{"ready": true}'], linger=60))
    monkeypatch.setattr(worker_main, "__file__", str(program))
    monkeypatch.setattr(worker_process, "EXIT_TIMEOUT_S", 0.2)
    config = WorkerConfig({}, start_timeout_s=20, call_timeout_s=20)
    silent, deaf = WorkerProcess(config), WorkerProcess(config)
    for lingering in (silent, deaf):
        lingering.start()
    with pytest.raises(WorkerError, match="closed its pipe"):
        silent.call(Pixels(b"123", 1, 1))
    deaf._channel.send_bytes(b"go on")  # It wakes, closes its end and sleeps.
    deaf.close()
    assert silent.exit_reason == deaf.exit_reason == "was ended by SIGKILL"
    silent.close()


def test_too_few_descriptors_are_a_worker_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.listdir("/proc/self/fd")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(WorkerError, match="Too many open files"):
        WorkerProcess(WorkerConfig({}, start_timeout_s=20, call_timeout_s=20))
    assert os.listdir("/proc/self/fd") == before


def test_an_image_without_memory_is_refused_in_one_line(
    double: Double, open_engine: Open, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine()
    engine.warm_up()

    def refuse(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    with (
        monkeypatch.context() as patch,
        pytest.raises(EngineError, match="no memory for the image"),
    ):
        patch.setattr(SharedMemory, "put", refuse)
        engine.read(picture)
    assert engine.read(picture)


def test_a_licence_token_in_native_lines_is_masked(
    double: Double, open_engine: Open, picture: Image.Image, caplog: pytest.LogCaptureFixture
) -> None:
    double.tell(FAULTS="abort@1", PRINT="config: license_token_data=s3cret-t0ken")
    engine = open_engine(json_config={"license_token_data": "s3cret-t0ken"})
    with pytest.raises(EngineError, match="license_token_data=…") as caught:
        engine.read(picture)
    assert "s3cret" not in str(caught.value) + caplog.text + engine.status().last_error
    assert "license_token_data" in caplog.text


def test_the_token_is_not_on_the_worker_s_command_line(double: Double, open_engine: Open) -> None:
    engine = open_engine(json_config={"license_token_data": "s3cret-t0ken"})
    engine.warm_up()
    pid = double.processes()[0]
    with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/environ", "rb") as environ:
        assert b"s3cret" not in line.read() + environ.read()
    assert double.log("init")[0]["config"]["license_token_data"] == "s3cret-t0ken"


def test_the_parent_s_signals_do_not_end_the_worker(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(WORK_MS=200)
    engine = open_engine()
    engine.warm_up()
    reader = threading.Thread(target=engine.read, args=(picture,))
    reader.start()
    double.until(lambda: double.log("process"))
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(double.processes()[0], number)
    reader.join(30)
    assert engine.read(picture)
    assert len(double.processes()) == 1
