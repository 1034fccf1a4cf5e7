"""build_alpr_api.sh where it is told nonsense: one line, before anything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alpr.engines.ultimate import is_installed

ROOT = Path(__file__).parents[2]


def build(*options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "build_alpr_api.sh"), *options],
        cwd="/",
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("options", [["--fast"], ["--out"], ["--charset"], ["dist"]])
def test_bad_usage_is_one_line_and_exit_code_2(options: list[str]) -> None:
    done = build(*options)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert options[0] in done.stderr


def test_a_missing_python_is_named() -> None:
    done = build(PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert "/nowhere/python3 is not there or older than Python 3.10" in done.stderr


@pytest.fixture
def without_library(tmp_path: Path) -> str:
    """A Python without its shared library, as Debian's own one is."""
    python = tmp_path / "python3"
    library = 'case "$*" in *INSTSONAME*) exit 1 ;; esac'
    python.write_text(f'#!/bin/sh\n{library}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(python)


def test_a_python_without_its_shared_library_names_debians_package(without_library: str) -> None:
    done = build(PYTHON=without_library)
    assert done.returncode == 1
    package = "libpython{}.{}".format(*sys.version_info)
    assert done.stderr.endswith(
        f"has no shared library to bundle; on Debian: apt install {package}\n"
    )


def test_a_folder_without_the_sdk_is_named(tmp_path: Path, without_library: str) -> None:
    done = build("--sdk", str(tmp_path), PYTHON=without_library)
    assert done.returncode == 1
    assert f"there is no ultimateAlprSdk.py in {tmp_path}" in done.stderr


@pytest.mark.skipif(is_installed(), reason="the SDK is installed here")
def test_a_charset_without_the_sdk_is_refused(without_library: str) -> None:
    done = build("--charset", "korean", PYTHON=without_library)
    assert done.returncode == 1
    assert "--charset is ultimateALPR's, which is not installed" in done.stderr


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (
            "ultimateAlprSdk-3.0.0.dist-info/WHEEL",
            "Tag: cp38-cp38-linux_x86_64",
        ),
        ("_ultimateAlprSdk.cpython-38-x86_64-linux-gnu.so", ""),
    ],
)
def test_a_module_of_another_python_is_not_bundled(
    tmp_path: Path, without_library: str, file: str, content: str
) -> None:
    for name, text in [("ultimateAlprSdk.py", ""), (file, content)]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = build("--sdk", str(tmp_path), PYTHON=without_library)
    assert done.returncode == 1
    assert f"was built for cp38, but {without_library} is cp3" in done.stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not here")
@pytest.mark.parametrize("script", ["build_alpr_api.sh", "tools/arm64.sh", "tools/image_check.sh"])
def test_shellcheck_finds_nothing(script: str) -> None:
    command = ["shellcheck", str(ROOT / script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_help_names_every_option() -> None:
    done = build("--help")
    script = (ROOT / "build_alpr_api.sh").read_text(encoding="utf-8")
    assert done.returncode == 0
    for option in ("--onedir", "--charset NAME", "--sdk FOLDER", "--out FOLDER", "PYTHON"):
        assert option in done.stdout
    assert "set -euo" in script
    assert "set -euo" not in done.stdout
