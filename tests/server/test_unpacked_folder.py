"""A one-file executable removes the folders of killed ones, and no other folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alpr.server.unpacked_folder import LOCK, MAX_PAUSE_S, MAX_UNPACKING_S, UNPACKING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such locks on Windows")

PROGRAM = """
import sys
sys._MEIPASS = sys.argv[1]
from alpr.server.unpacked_folder import claim_and_sweep
claim_and_sweep()
print("started", flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A program that was unpacked into this folder, and leaves it behind when it is killed."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    with process:
        process.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_of_a_killed_program_goes_and_that_of_a_running_one_stays(
    tmp_path: Path,
) -> None:
    running = start(tmp_path / "_MEIrunning")
    kill(start(tmp_path / "_MEIkilled"))
    (tmp_path / "_MEIkilled" / "lib").mkdir()
    (tmp_path / "_MEIkilled" / "lib" / "libpython.so").touch()
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == ["_MEInew", "_MEIrunning"]
    kill(running)
    kill(start(tmp_path / "_MEInewer"))
    assert names(tmp_path) == ["_MEInewer"]


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd-tmpfiles is not here")
def test_what_clears_tmp_of_old_files_leaves_a_running_program(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("_MEIrunning", "_MEIother")]
    running = start(folders[0])
    for folder in folders:
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "libpython.so").touch()
    rules = tmp_path / "rules.conf"
    rules.write_text(f"d {tmp_path} 0755 - - 0\n")
    command = ["systemd-tmpfiles", "--clean", str(rules)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert (folders[0] / "lib" / "libpython.so").exists()
    assert not folders[1].exists()
    kill(running)


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in ("_MEIother", "_MEIstarting", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "_MEIstarting" / UNPACKING).touch()
    (tmp_path / "mine" / LOCK).touch()
    (tmp_path / "_MEIlink").symlink_to(tmp_path / "mine")
    (tmp_path / "_MEIfile").touch()
    before = names(tmp_path)
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == sorted([*before, "_MEInew"])
    assert names(tmp_path / "mine") == [LOCK]


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def unpacking(name: str, tmp_path: Path, pause_s: float) -> Path:
    """A folder that was not unpacked to the end, and in which nothing was written since then."""
    folder = tmp_path / name
    (folder / "lib").mkdir(parents=True)
    (folder / UNPACKING).touch()
    long_ago = time.time() - pause_s
    for path in (folder / UNPACKING, folder / "lib", folder):
        os.utime(path, (long_ago, long_ago))
    return folder


def test_the_folder_of_a_start_that_failed_goes(tmp_path: Path, ended: int) -> None:
    unpacking(f"_MEI{ended:08x}failed", tmp_path, MAX_PAUSE_S + 10)
    unpacking(f"_MEI{os.getpid():08x}failed", tmp_path, MAX_UNPACKING_S + 10)
    unpacking("_MEIfailed", tmp_path, MAX_UNPACKING_S + 10)
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == ["_MEInew"]


def test_the_folder_of_a_start_that_may_go_on_stays(tmp_path: Path, ended: int) -> None:
    """A start in another container has a number that no process need have here."""
    elsewhere = unpacking(f"_MEI{ended:08x}others", tmp_path, MAX_UNPACKING_S + 10)
    (elsewhere / "lib" / "libpython.so").touch()
    unpacking(f"_MEI{os.getpid():08x}starts", tmp_path, MAX_PAUSE_S + 10)
    unpacking("_MEIstarts", tmp_path, MAX_PAUSE_S + 10)
    before = names(tmp_path)
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == sorted([*before, "_MEInew"])


def test_the_folder_of_a_program_that_could_not_rename_its_mark_stays(tmp_path: Path) -> None:
    """It holds the lock as well, e.g. on a disk that is full by then."""
    own = unpacking("_MEIrunning", tmp_path, 0)
    (own / LOCK).mkdir()
    running = start(own)
    long_ago = time.time() - MAX_UNPACKING_S - 10
    for path in (own / LOCK, own / UNPACKING, own / "lib", own):
        os.utime(path, (long_ago, long_ago))
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == ["_MEInew", "_MEIrunning"]
    assert UNPACKING in names(own)
    kill(running)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_the_folder_of_another_user_stays(tmp_path: Path) -> None:
    (tmp_path / "_MEIother").mkdir()
    (tmp_path / "_MEIother" / LOCK).touch()
    os.chown(tmp_path / "_MEIother", 65534, 65534)
    kill(start(tmp_path / "_MEInew"))
    assert names(tmp_path) == ["_MEInew", "_MEIother"]


def test_a_program_that_is_not_unpacked_at_each_start_sweeps_nothing(tmp_path: Path) -> None:
    kill(start(tmp_path / "_MEIkilled"))
    kill(start(tmp_path / "_internal"))
    assert names(tmp_path) == ["_MEIkilled", "_internal"]
    assert names(tmp_path / "_internal") == []
