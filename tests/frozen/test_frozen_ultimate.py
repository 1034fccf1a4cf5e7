"""The SDK's double in the executable: workers are the executable itself, started again."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from testkit.images import encode, gradient_image
from tests.frozen.box import Box, Frozen


@pytest.fixture(params=["one_file_with_sdk", "folder_with_sdk"])
def box(request: pytest.FixtureRequest, tmp_elsewhere: Path) -> Iterator[Box]:
    used = Box(request.getfixturevalue(request.param), tmp_elsewhere)
    yield used
    assert not used.unpacked()


def read(running: Frozen) -> list[str]:
    answer = running.post("/v1/vision/alpr", encode(gradient_image()))
    assert answer.status == 200, answer.body
    return [plate["plate"] for plate in json.loads(answer.body)["predictions"]]


def test_the_worker_reads(box: Box) -> None:
    with box.running() as running:
        running.ready()
        assert json.loads(running.get("/readyz").body)["engine"] == "ultimate"
        (plate,) = read(running)
        assert plate.endswith("*")
        assert len(box.unpacked()) <= 1, "the workers use what the first process unpacked"


def test_a_worker_that_dies_is_replaced(box: Box, tmp_path: Path) -> None:
    faults = {
        "DOUBLE_FAULTS": "abort@2",
        "DOUBLE_FAULTY": "1",
        "ALPR_STANDBY": "false",
        "DOUBLE_LOG": str(tmp_path / "double.jsonl"),
    }
    with box.running("--grid-size", "0", env=faults) as running:
        running.ready()
        assert read(running) == read(running) != []
        assert json.loads(running.get("/readyz").body)["restarts"] == 1


def test_nothing_is_left_when_it_stops(box: Box) -> None:
    with box.running() as running:
        running.ready()
        read(running)
        family = running.family()
        assert len(family) > 1
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
        assert running.ended() == 0
        assert not [process for process in family if process.is_running()]


def test_a_first_process_that_is_killed_takes_all_others_with_it(
    one_file_with_sdk: Path, tmp_elsewhere: Path
) -> None:
    with Box(one_file_with_sdk, tmp_elsewhere).running() as running:
        running.ready()
        family = running.family()
        assert len(family) > 2
        running.process.kill()
        running.process.wait()
        gone, alive = psutil.wait_procs(family[1:], timeout=30)
    assert (len(gone), alive) == (len(family) - 1, [])
