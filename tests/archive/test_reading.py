"""Which files are read, in which order, and how many are held at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr.archive.files import find_files, map_in_order
from testkit.images import encode, gradient_image
from tests.archive.conftest import ROOT, Read, names


def test_each_image_is_a_line_sorted_by_name(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    read(archive)
    order = ["2026-11/c.jpg", "2026-11/d.jpg", "a.JPEG", "b.jpg", "torn.jpg", "z.png"]
    assert names(archive, capsys.readouterr().out) == order


def test_a_named_file_is_read_whatever_its_name(
    archive: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / ".hidden").write_bytes(encode(gradient_image()))
    assert read(archive / ".hidden", archive / "notes.txt") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("code") for line in lines] == [200, 415]


def test_a_folder_that_links_to_itself_is_walked_once(archive: Path) -> None:
    (archive / "again").symlink_to(archive)
    assert len(list(find_files([str(archive)]))) == 6


def test_a_folder_that_cannot_be_listed_is_reported(
    archive: Path, read: Read, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    assert read(archive) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["code"] == 400
    assert str(archive) in err


def test_pipes_and_large_files_are_not_opened(
    tmp_path: Path, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "huge.jpg").open("wb") as huge:
        huge.truncate(2_000_001)
    os.mkfifo(tmp_path / "pipe.jpg")
    assert read(tmp_path, "--max-body-mb", 2) == 1
    codes = [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()]
    assert codes == [413, 400]


def test_results_keep_their_order_and_few_are_held() -> None:
    taken: list[int] = []
    ahead: list[int] = []
    done = 0

    def items() -> Iterator[int]:
        for number in range(200):
            taken.append(number)
            yield number

    def work(number: int) -> int:
        time.sleep(0.002 if number % 5 else 0.01)
        return number

    for result in map_in_order(work, items(), 3):
        assert result == done
        done += 1
        ahead.append(len(taken) - done)
    assert done == 200
    assert max(ahead) < 6


def test_jobs_run_in_parallel() -> None:
    together = threading.Barrier(3, timeout=20)
    assert len(list(map_in_order(lambda _: together.wait(), range(3), 3))) == 3


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """Peak memory of a process that reads twenty images, and of one that reads 1,500."""
    first = tmp_path / "0000.jpg"
    first.write_bytes(encode(gradient_image(320, 240)))
    for number in range(1, 1500):
        os.link(first, tmp_path / f"{number:04}.jpg")
    few = [tmp_path / f"{number:04}.jpg" for number in range(20)]
    assert _peak_kb(tmp_path) < _peak_kb(*few) * 1.1


def _peak_kb(*paths: Path) -> int:
    program = """
import resource, sys, alpr_api
code = alpr_api.main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
    command_line = [sys.executable, "-c", program, "read", "--engine", "fake", *map(str, paths)]
    done = subprocess.run(command_line, cwd=ROOT, capture_output=True, check=True)
    return int(done.stderr.splitlines()[-1])


def test_folders_nested_deeper_than_python_calls(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_DIRECTORY)
    for _ in range(1300):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(os.open("deep.jpg", os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    (tmp_path / "e.jpg").touch()
    try:
        found = [os.path.relpath(file, tmp_path) for file in find_files([str(tmp_path)])]
    finally:
        (tmp_path / ("d/" * 1300) / "deep.jpg").unlink()
        for depth in range(1300, 0, -1):  # pytest's own way to remove them is recursive.
            (tmp_path / ("d/" * depth)).rmdir()
    assert found == ["d/" * 1300 + "deep.jpg", "e.jpg"]


def test_a_file_named_twice_is_read_once(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = list(find_files([str(archive)]))
    monkeypatch.chdir(archive)
    named = ["b.jpg", str(archive), "./b.jpg", "2026-11", str(archive / "a.JPEG")]
    found = list(find_files(named))
    assert found[0] == "b.jpg"
    assert sorted(map(os.path.abspath, found)) == sorted(once)
