"""What make sets up by itself, where setting up fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_PIP = f"""#!/bin/sh
# As on Debian without the package for it: the environment is there, pip is not.
case $2 in
    venv) mkdir -p "$3/bin" && touch "$3/bin/python" && exit 1 ;;
    *) exec {sys.executable} "$@" ;;
esac
"""


def made(target: str, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """``make`` with this script as its Python, and a virtual environment in the folder."""
    python = folder / "python3"
    python.write_text(script)
    python.chmod(0o755)
    return subprocess.run(
        ["make", target, f"PYTHON={python}", f"VENV={folder / 'venv'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_a_half_made_environment_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    package = "python{}.{}-venv".format(*sys.version_info)
    for _ in range(2):
        done = made("run", WITHOUT_PIP, tmp_path)
        assert done.returncode == 2
        assert f"apt install {package}\n" in done.stderr
    assert (tmp_path / "venv/bin/python").exists()


OLD = """#!/bin/sh
# A Python too old to install the packages.
case $1 in
    --version) echo Python 3.9.2 ;;
    -c) exit 1 ;;
    *) touch "$3" ;;
esac
"""


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_an_old_python_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = made("setup", OLD, tmp_path)
    assert done.returncode == 2
    python = tmp_path / "python3"
    assert f"needs Python 3.10 or newer, and {python} is Python 3.9.2" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()
