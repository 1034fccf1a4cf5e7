"""Whatever happens to the worker, the image in hand is read by another, or refused in one line."""

from __future__ import annotations

import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from alpr.engines.base import Engine
from alpr.errors import EngineError

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double, Open, Seen


@pytest.mark.parametrize(
    "fault", ["abort@7", "segv@7", "exit@7", "hang@7", "garbage@7", "refuse@7"]
)
def test_a_fault_in_a_call_is_not_noticed(
    double: Double, open_engine: Open, picture: Image.Image, seen: Seen, fault: str
) -> None:
    double.tell(FAULTS=fault, FAULTY=1)
    engine = open_engine(call_timeout_s=1)
    assert [engine.read(picture)[0].text for _ in range(10)] == [seen(picture)] * 10
    assert len(double.processes()) == 2
    assert engine.status().facts["restarts"] == 1
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
        ("refuse@1", "trial reads no more.*says its phrase: Your license doesn't allow"),
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


def test_an_answer_without_json_is_an_empty_street(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="none@1")
    engine = open_engine()
    assert engine.read(picture) == []
    assert engine.read(picture) != []
    assert len(double.processes()) == 1


def test_an_image_that_ends_every_worker_is_not_met_by_endless_restarts(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="abort@1")
    engine = open_engine()
    began = time.monotonic()
    while time.monotonic() - began < 4:
        with pytest.raises(EngineError, match="SIGABRT"):
            engine.read(picture)
    assert 3 <= len(double.processes()) <= 6


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


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("FILE_NOT_FOUND: recogn2x150_korean", "a model is missing"),
        ("Failed to open file /opt/a/license.lic", "the licence was not accepted"),
        ("License is for another device", "the licence was not accepted"),
        ("fingerprint of TensorFlow 2.9 not in list", "not a build that the SDK accepts"),
        ("something unheard of", ""),
    ],
)
def test_the_innermost_native_error_decides_on_the_advice(
    double: Double, open_engine: Open, picture: Image.Image, cause: str, advice: str
) -> None:
    double.tell(FAULTS="init@start", ERROR=f"{cause}|a: failed|b: failed|c: failed|init: failed")
    with pytest.raises(EngineError) as caught:
        open_engine().read(picture)
    story = str(caught.value)
    assert (cause.split("/", maxsplit=1)[0] in story) is bool(advice)
    assert story.endswith(")") is bool(advice)
    assert advice in story
    assert "init: failed" in story
    assert "step.cxx" not in story


def test_a_silent_refusal_of_init_says_how_to_learn_more(
    double: Double, open_engine: Open, picture: Image.Image
) -> None:
    double.tell(FAULTS="init@start", PRINT="")
    engine = open_engine(json_config={"debug_level": "fatal"})
    with pytest.raises(EngineError, match='"debug_level": "warn"'):
        engine.read(picture)


def test_a_licence_file_that_is_not_there_is_named_and_waited_for(
    double: Double, open_engine: Open, picture: Image.Image, tmp_path: Path
) -> None:
    licence = tmp_path / "licence.txt"
    engine = open_engine(json_config={"license_token_file": str(licence)})
    with pytest.raises(EngineError, match="license_token_file names cannot be read"):
        engine.read(picture)
    assert "license_token_file" in engine.status().last_error
    assert double.processes() == []
    licence.write_text("a token")
    double.until(lambda: _reads(engine, picture))


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


def _reads(engine: Engine, image: Image.Image) -> str:
    """The first text, or empty while the engine cannot read."""
    try:
        return engine.read(image)[0].text
    except EngineError:
        return ""
