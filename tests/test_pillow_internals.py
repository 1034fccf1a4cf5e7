"""Pillow's internals are used only with the major versions that they were tested with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from alpr.pillow_internals import TESTED_MAJORS

ROOT = Path(__file__).parents[1]
IMPORT = "import PIL.Image; PIL.__version__ = {!r}; import alpr.images"


@pytest.mark.parametrize("version", ["11.3.0", f"{TESTED_MAJORS[-1] + 1}.0.0"])
def test_another_major_version_is_refused_by_name(version: str) -> None:
    command = [sys.executable, "-c", IMPORT.format(version)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"ImportError: Pillow {version} is installed" in ended.stderr
    assert "requirements.txt" in ended.stderr


def test_the_requirement_admits_the_tested_major_versions_and_no_others() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (pillow,) = [Requirement(line) for line in lines if line.startswith("pillow")]
    admitted = [major for major in range(30) if f"{major}.99" in pillow.specifier]
    assert admitted == list(TESTED_MAJORS)
