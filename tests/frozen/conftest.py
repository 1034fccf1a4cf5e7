"""Executables, built once a session by the script that ships, and only when something changed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.frozen.box import Box

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "tests"
SOURCES = (
    *("alpr", "assets", "libs", "static", "templates", "alpr_api.py", "alpr_api.spec"),
    *("build_alpr_api.sh", "requirements.lock", "requirements-build.lock"),
    "testkit/doubles/ultimateAlprSdk.py",
)


@pytest.fixture(scope="session", autouse=True)
def _where_there_is_time() -> None:
    """Three executables are built, which takes minutes: too long for every run of the tests."""
    if not os.environ.get("CI"):
        pytest.skip("executables are built for these tests, which takes minutes; set CI=1")


@pytest.fixture(scope="session")
def one_file() -> Path:
    return _built("one_file") / "alpr_api"


@pytest.fixture(scope="session")
def one_file_with_sdk() -> Path:
    """The SDK is its double."""
    return _built("one_file_with_sdk", "--sdk", "testkit/doubles") / "alpr_api"


@pytest.fixture(scope="session")
def folder_with_sdk() -> Path:
    return (
        _built("folder_with_sdk", "--onedir", "--sdk", "testkit/doubles") / "alpr_api" / "alpr_api"
    )


@pytest.fixture
def tmp_elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.fixture
def box(one_file: Path, tmp_elsewhere: Path) -> Iterator[Box]:
    """The plain executable; whatever was done, no unpacked folder is left."""
    used = Box(one_file, tmp_elsewhere)
    yield used
    assert not used.unpacked()


def _built(name: str, *options: str) -> Path:
    """The folder with an executable that is newer than all it is made of.

    Tests may run in several processes, and all builds share one folder: so one after the other.
    """
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        out = BUILT / name
        mark = out / "built"
        if not mark.exists() or mark.stat().st_mtime < _newest_source():
            shutil.rmtree(out, ignore_errors=True)
            started = time.time()
            _build(out, *options)
            mark.touch()
            os.utime(mark, (started, started))  # What was changed meanwhile may not be in it.
    return out


def _build(out: Path, *options: str) -> None:
    command = ["./build_alpr_api.sh", "--out", str(out), *options]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _newest_source() -> float:
    files = [
        file
        for source in SOURCES
        for file in [ROOT / source, *(ROOT / source).rglob("*")]
        if file.is_file() and "__pycache__" not in file.parts
    ]
    return max(file.stat().st_mtime for file in files)
