"""How many cores are counted: bound ones, a container's share, and where the system cannot say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alpr import cores


@pytest.fixture(autouse=True)
def four_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four cores, whose files of control groups lie in a folder of the test."""
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(cores, "CGROUPS", tmp_path)
    monkeypatch.setattr(cores, "OWN_CGROUP", tmp_path / "own")


def test_bound_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores.available() == 4
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2}, raising=False)
    assert cores.available() == 1


def test_a_system_that_binds_none_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS have no such function."""
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores.available() == 4
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.available() == 1


@pytest.mark.parametrize(
    ("own", "files", "count"),
    [
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "10000 100000"}, 1),
        ("0::/", {"cpu.max": "max 100000"}, 4),
        ("0::/", {"cpu.max": "900000 100000"}, 4),
        ("0::/", {"cpu.max": "nonsense"}, 4),
        ("0::/", {}, 4),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/b/cpu.max": "300000 100000", "a/cpu.max": "400000 100000"}, 3),
        ("8:cpu:/a\n0::/b", {"b/cpu.max": "100000 100000", "a/cpu.max": "1 100000"}, 1),
        ("8:cpu:/a", {"cpu.max": "100000 100000"}, 4),
    ],
)
def test_the_share_of_a_control_group_counts_as_cores(
    tmp_path: Path, own: str, files: dict[str, str], count: int
) -> None:
    (tmp_path / "own").write_text(own + "\n")
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content + "\n")
    assert cores.available() == count
