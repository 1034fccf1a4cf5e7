"""The process that decodes what is unusual: its limits hold whatever a file does to a decoder."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from alpr.errors import BusyError, EngineError, ImageError, TooLargeError
from alpr.images import decode_process
from alpr.images.decode_process import DecodeProcess
from alpr.images.decode_worker import Allowance
from alpr.settings import Settings
from testkit.images import encode, gradient_image, mean_difference
from tests.images import tricks

ROOT = Path(__file__).parents[2]
LIMITS = Settings().image_limits
GOOD = encode(gradient_image(), "WEBP", lossless=True)
SLOW = tricks.padded(20_000_000)
"""It takes Pillow some twenty seconds, and no header says so."""


def allowing(cpu_factor: float = 1, memory_mb: int = 400) -> DecodeProcess:
    return DecodeProcess(lambda _: Allowance(cpu_factor, memory_mb * 1_000_000), wait_s=0.2)


@pytest.fixture(scope="module")
def process() -> Iterator[DecodeProcess]:
    process = allowing(cpu_factor=0.4)
    yield process
    process.close()


def is_good(process: DecodeProcess) -> bool:
    return mean_difference(process.decode(GOOD, LIMITS).image, gradient_image()) == 0


def workers() -> list[psutil.Process]:
    return psutil.Process().children()


def test_an_image_that_takes_too_long_is_refused_once(process: DecodeProcess) -> None:
    began = time.monotonic()
    with pytest.raises(ImageError, match="too much time"):
        process.decode(SLOW, LIMITS)
    assert time.monotonic() - began < decode_process.DECODE_TIMEOUT_S
    assert is_good(process)


def test_an_image_that_takes_too_much_memory_is_refused() -> None:
    flat = encode(Image.new("L", (4000, 4000)), "GIF")
    process = allowing(memory_mb=12)
    with pytest.raises(TooLargeError, match="more than 12 MB"):
        process.decode(flat, LIMITS)
    assert is_good(process)
    process.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_stops_the_service_does_not_reach_a_process_that_starts(
    number: signal.Signals,
) -> None:
    before, process = set(workers()), allowing()
    results: list[bool] = []
    reading = threading.Thread(target=lambda: results.append(is_good(process)))
    reading.start()
    deadline = time.monotonic() + 10
    while not (started := set(workers()) - before):
        assert time.monotonic() < deadline
    started.pop().send_signal(number)
    reading.join()
    process.close()
    assert results == [True]


def test_a_process_that_was_killed_is_replaced(process: DecodeProcess) -> None:
    before = set(workers())
    other = allowing()
    assert is_good(other)
    (worker,) = set(workers()) - before
    worker.kill()
    worker.wait()
    assert is_good(other)
    assert worker not in workers()
    other.close()


def test_an_image_that_crashes_its_decoder_is_refused(process: DecodeProcess) -> None:
    other = allowing(cpu_factor=20)
    assert is_good(other)
    worker = max(workers(), key=psutil.Process.create_time)
    threading.Timer(0.3, worker.send_signal, [signal.SIGSEGV]).start()
    with pytest.raises(ImageError, match="its decoder ended with SIGSEGV"):
        other.decode(SLOW, LIMITS)
    assert is_good(other)
    other.close()


def test_one_image_is_decoded_at_a_time(process: DecodeProcess) -> None:
    other = allowing(cpu_factor=3)
    assert is_good(other)

    def decode_slowly() -> None:
        with pytest.raises(ImageError):
            other.decode(SLOW, LIMITS)

    first = threading.Thread(target=decode_slowly)
    first.start()
    time.sleep(0.1)
    with pytest.raises(BusyError):
        other.decode(GOOD, LIMITS)
    other.close()
    first.join(10)
    assert not first.is_alive()


def test_a_process_that_does_not_start_is_an_engine_s_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EngineError, match="does not start"):
        allowing().decode(GOOD, LIMITS)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="No such file"):
        allowing().decode(GOOD, LIMITS)


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "alpr_api"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/alpr_api.py" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    frozen = allowing()
    assert is_good(frozen)
    frozen.close()


def test_the_memory_of_an_image_goes_with_it(process: DecodeProcess) -> None:
    me = psutil.Process()
    assert is_good(process)
    before, files = me.memory_info().vms, me.num_fds()
    data = encode(Image.new("L", (4000, 2000)), "BMP")
    for _ in range(3):
        image = process.decode(data, LIMITS).image
        assert image.getpixel((3999, 1999)) == (0, 0, 0)
        del image
    assert me.memory_info().vms - before < 30_000_000
    assert me.num_fds() == files
