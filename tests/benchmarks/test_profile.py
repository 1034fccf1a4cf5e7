"""The clocks of the profile, and a small one of a photo."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import profile
from testkit.images import gradient_image
from testkit.programs import ROOT


def spend(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


class Work:
    @staticmethod
    def inner() -> None:
        spend(0.03)

    @classmethod
    def outer(cls) -> str:
        spend(0.01)
        cls.inner()
        return "done"


def test_a_stage_has_no_time_of_another_inside() -> None:
    stages = {"outer": [(Work, "outer")], "inner": [(Work, "inner")]}
    with profile.watched(stages) as watch:
        assert Work.outer() == "done"
    assert watch.ms["inner"] >= 30
    assert 10 <= watch.ms["outer"] < 30


def test_what_was_watched_is_as_before() -> None:
    before = dict(vars(Work))
    with profile.watched({"outer": [(Work, "outer")]}):
        assert dict(vars(Work)) != before
    assert dict(vars(Work)) == before


def test_a_module_s_function_is_watched() -> None:
    module = SimpleNamespace(work=lambda: spend(0.01))
    with profile.watched({"work": [(module, "work")]}) as watch:
        module.work()
    assert watch.ms["work"] >= 10


@pytest.mark.skipif(sys.platform != "linux", reason="the clock of another process is Linux's")
def test_each_stage_of_a_folder_s_photos_has_a_column(tmp_path: Path) -> None:
    gradient_image(640, 360).save(tmp_path / "1.jpg")
    (tmp_path / "labels.jsonl").touch()
    command = [sys.executable, "-m", "benchmarks.profile", str(tmp_path), "--rounds", "1"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    titles, _, row = ([cell.strip() for cell in line.split("|")] for line in printed.splitlines())
    times = dict(zip(titles, row, strict=True))
    assert times["image"] == tmp_path.name
    assert all(float(times[name]) > 0 for name in ("decoding", "scan", "all", "over decoding"))
