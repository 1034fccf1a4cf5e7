"""Whatever happens to the worker, the image in hand is read by another, or refused in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from alpr.engines.ultimate import process, worker
from alpr.engines.ultimate.pixels import Pixels, SharedMemory
from alpr.engines.ultimate.process import Order, Worker, WorkerError
from alpr.errors import EngineError

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen


@pytest.mark.parametrize(
    "fault", ["abort@7", "segv@7", "exit@7", "hang@7", "garbage@7", "not-ok@7", "refuse@7"]
)
def test_a_fault_in_a_call_is_not_noticed(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen, fault: str
) -> None:
    double.tell(FAULTS=fault, FAULTY=1)
    engine = open_engine(call_timeout_s=1)
    assert [engine.read(picture)[0].text for _ in range(10)] == [seen(picture)] * 10
    assert len(double.processes()) == 2
    assert engine.status().restarts == 1
    assert engine.status().calls == 10
    assert engine.status().last_error.startswith("ultimateALPR")


@pytest.mark.parametrize(
    ("fault", "story"),
    [
        ("abort@1", "was ended by SIGABRT, last lines: native: init | native: about to abort"),
        ("segv@1", "was ended by SIGSEGV"),
        ("exit@1", "ended with exit code 3"),
        ("hang@1", "took longer than 1 s"),
        ("garbage@1", "not its format"),
        ("not-ok@1", "answered -5: something failed"),
        ("refuse@1", "trial reads no more.*Your license doesn't allow"),
    ],
)
def test_a_fault_on_both_tries_is_told_in_one_line(
    double: Double, open_engine: Open, picture: Image.Image, fault: str, story: str
) -> None:
    double.tell(FAULTS=fault, FAULTY=2)
    engine = open_engine(call_timeout_s=1)
    with pytest.raises(EngineError, match=story) as caught:
        engine.read(picture)
    assert "\n" not in str(caught.value)
    assert engine.read(picture)
    assert len(double.processes()) == 3


def test_a_bug_in_between_never_mixes_up_two_images(
    double: Double,
    open_engine: Open,
    picture: Image.Image,
    seen: Seen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    engine.warm_up()
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="a bug"):
        patch.setattr(Connection, "poll", _fail)
        engine.read(picture)
    other = picture.crop((0, 0, 50, 50))
    assert engine.read(other)[0].text == seen(other)
    assert len(double.processes()) == 2


def _fail(*_: object) -> None:
    raise RuntimeError("a bug")


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
    monkeypatch.setattr(worker, "__file__", str(program))
    chatterbox = Worker(Order({}, ["RGB24"], start_timeout_s=20, call_timeout_s=20))
    with pytest.raises(WorkerError, match=story):
        chatterbox.start()
        chatterbox.call(Pixels("Y", b"1", 1, 1))
    assert chatterbox.ending
    chatterbox.close()


def test_too_few_descriptors_are_a_worker_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.listdir("/proc/self/fd")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(WorkerError, match="Too many open files"):
        Worker(Order({}, ["RGB24"], start_timeout_s=20, call_timeout_s=20))
    assert os.listdir("/proc/self/fd") == before


def test_a_worker_that_lingers_is_ended_once_it_has_closed_its_pipe_or_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(WORKER_OF_ITS_OWN_MIND.format(answers=[b'{"ready": true}'], linger=60))
    monkeypatch.setattr(worker, "__file__", str(program))
    monkeypatch.setattr(process, "FAREWELL_S", 0.2)
    order = Order({}, ["RGB24"], start_timeout_s=20, call_timeout_s=20)
    silent, deaf = Worker(order), Worker(order)
    for lingering in (silent, deaf):
        lingering.start()
    with pytest.raises(WorkerError, match="closed its pipe"):
        silent.call(Pixels("Y", b"1", 1, 1))
    deaf._channel.send_bytes(b"go on")  # It wakes, closes its end and sleeps.
    deaf.close()
    assert silent.ending == deaf.ending == "was ended by SIGKILL"
    silent.close()


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


def test_an_answer_without_json_is_an_empty_street(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="none@1")
    engine = open_engine()
    assert engine.read(picture) == []
    assert engine.read(picture) != []
    assert len(double.processes()) == 1


def test_the_trial_s_limit_is_met_by_a_restart_and_counted(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    double.tell(LIMIT=10)
    engine = open_engine()
    assert [engine.read(picture)[0].text for _ in range(35)] == [seen(picture)] * 35
    assert engine.status().refusals == 3
    assert engine.status().restarts == 3


def test_a_restart_upon_refusal_can_be_switched_off(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(LIMIT=1)
    engine = open_engine(restart_on_refusal=False)
    engine.read(picture)
    for _ in range(2):
        with pytest.raises(EngineError, match="Your license doesn't allow"):
            engine.read(picture)
    assert engine.refusals == 2
    assert len(double.processes()) == 1


def test_an_init_that_fails_twice_and_then_works(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="init@start", FAULTY=2)
    engine = open_engine()
    with pytest.raises(EngineError, match="init was refused with -3"):
        engine.read(picture)
    double.until(lambda: engine.status().ready)
    assert engine.read(picture)
    assert len(double.processes()) == 3


def test_an_init_that_never_works_is_tried_with_growing_pauses_and_fails_fast(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="init@start")
    engine = open_engine()
    began = time.monotonic()
    with pytest.raises(EngineError):
        engine.warm_up()
    asked = 0
    retry_after: list[int] = []
    double.until(lambda: len(double.processes()) == 2)
    while len(double.processes()) < 3:
        start = time.monotonic()
        with pytest.raises(EngineError) as caught:
            engine.read(picture)
        assert time.monotonic() - start < 0.5
        retry_after.append(caught.value.retry_after_s)
        asked += 1
        time.sleep(0.02)
    assert time.monotonic() - began >= 1 + 2
    assert asked > 20
    assert set(retry_after) <= {1, 2}
    assert 2 in retry_after
    double.until(lambda: "FILE_NOT_FOUND" in engine.status().last_error)
    status = engine.status()
    assert status.ready is False
    assert "FILE_NOT_FOUND" in status.last_error
    assert "a model is missing from the assets folder" in status.last_error


@pytest.mark.parametrize("fault", ["exit@start", "abort@start", "hang@start"])
def test_a_worker_that_dies_or_hangs_at_its_start(
    double: Double, open_engine: Open, picture: Image.Image, fault: str
) -> None:
    double.tell(FAULTS=fault, FAULTY=1)
    engine = open_engine(start_timeout_s=4 if fault.startswith("hang") else 60)
    with pytest.raises(EngineError, match=f"native: about to {fault.partition('@')[0]}"):
        engine.read(picture)
    double.until(lambda: engine.status().ready)
    assert engine.read(picture)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (
            "libtensorflow.so.1: cannot open shared object file: No such file or directory",
            "libtensorflow.so.1 is missing from libs/",
        ),
        (
            "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_ABI_DT_RELR' not found "
            "(required by /opt/libs/libtbb.so.2)",
            "linked for glibc 2.36 or newer",
        ),
        ("/opt/x/_ultimateAlprSdk.so: undefined symbol: _PyThreadState_X", "another Python"),
    ],
)
def test_a_broken_installation_says_what_is_wrong_and_what_to_do(
    double: Double, open_engine: Open, message: str, advice: str
) -> None:
    double.tell(FAULTS="import@start", IMPORT_ERROR=message)
    with pytest.raises(EngineError) as caught:
        open_engine().warm_up()
    story = str(caught.value)
    assert advice in story
    assert "build_and_setup_ultimatealvr.sh" in story
    assert "Traceback" not in story
    assert "\n" not in story
    assert "/opt/" not in story


def test_a_worker_killed_from_outside_while_it_reads(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen
) -> None:
    double.tell(WORK_MS=300)
    engine = open_engine()
    engine.warm_up()
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(engine.read(picture)[0].text))
    reader.start()
    double.until(lambda: double.log("process"))
    os.kill(double.processes()[0], signal.SIGKILL)
    reader.join(30)
    assert found == [seen(picture)]
    assert "SIGKILL" in engine.status().last_error


def test_a_worker_killed_while_idle_is_replaced_before_anyone_asks(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    engine = open_engine()
    engine.warm_up()
    os.kill(double.processes()[0], signal.SIGKILL)
    double.until(lambda: len(double.log("warmUp")) == 2 and engine.status().ready)
    assert engine.read(picture)
    assert len(double.processes()) == 2
    assert "SIGKILL" in engine.status().last_error


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
    # A shell that starts the tests in the background has them ignore SIGINT, and so their children.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    double.tell(WORK_MS=200)
    engine = open_engine()
    engine.warm_up()
    signal.signal(signal.SIGINT, previous)
    reader = threading.Thread(target=engine.read, args=(picture,))
    reader.start()
    double.until(lambda: double.log("process"))
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(double.processes()[0], number)
    reader.join(30)
    assert engine.read(picture)
    assert len(double.processes()) == 1
