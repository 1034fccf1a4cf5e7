"""The service on a machine with very many cores, and on systems that cannot say how many."""

from __future__ import annotations

import os
import threading
import urllib.request

import psutil
import pytest
from PIL import Image

from alpr.engines import open_engine
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.engines.embedded.pipeline import Pipeline
from alpr.errors import EngineError
from alpr.settings import Settings
from testkit.images import encode, gradient_image
from testkit.programs import post_image, started

MAX_TASKS = 256
"""Threads that deploy/ allows."""

NINETY_SIX_CORES = """
import os, sys, alpr_api
os.sched_getaffinity = lambda _: set(range(96))
sys.exit(alpr_api.main(["--engine", "embedded", "--port", "0", "--host", "127.0.0.1"]))
"""


def test_96_cores_start_few_threads_and_the_service_is_ready_reads_and_drains() -> None:
    with started("-c", NINETY_SIX_CORES) as program:
        program.wait_for("the engine is ready")
        with urllib.request.urlopen(f"http://127.0.0.1:{program.port}/readyz", timeout=20) as ready:
            assert ready.status == 200
        assert post_image(program.port, encode(gradient_image()))[0] == 200
        assert psutil.Process(program.process.pid).num_threads() < MAX_TASKS / 4
        assert program.stop() == 0


@pytest.mark.parametrize(("cores", "threads", "used"), [(96, 0, 8), (2, 0, 2), (96, 12, 12)])
def test_the_threads_of_a_pass_are_bounded_or_as_set(
    monkeypatch: pytest.MonkeyPatch, cores: int, threads: int, used: int
) -> None:
    asked = []

    def open_models(_: object, threads: int, *__: object) -> None:
        asked.append(threads)
        raise EngineError("no threads left")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr("alpr.engines.embedded.models.open_models", open_models)
    engine = open_engine(Settings(engine="embedded", threads=threads))
    with pytest.raises(EngineError):
        engine.warm_up()
    assert asked == [used]


def test_a_start_that_fails_in_its_first_read_is_the_last_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise EngineError("the model detector.onnx failed: MemoryError")

    monkeypatch.setattr(Pipeline, "warm_up", fail)
    engine = EmbeddedEngine()
    with pytest.raises(EngineError):
        engine.warm_up()
    assert engine.status().last_error == "the model detector.onnx failed: MemoryError"
    assert not engine.status().ready


def test_a_system_that_starts_no_more_threads_is_the_last_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ONNX Runtime itself would wait for them without end."""
    engine, start, left = EmbeddedEngine(8), threading.Thread.start, [13]

    def refuse(thread: threading.Thread) -> None:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(EngineError):
        engine.warm_up()
    monkeypatch.undo()
    assert "only 13 of 21 threads" in engine.status().last_error
    engine.warm_up()
    assert engine.status().ready


def test_it_reads_where_the_system_binds_no_process_to_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows and macOS."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    engine = EmbeddedEngine()
    assert engine.reads_at_once >= 1
    assert engine.read(Image.new("RGB", (64, 64))) == []
    engine.close()
