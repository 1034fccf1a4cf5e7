"""What .ci/run asks make for, on a machine whose tools do nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_executable_is_tested_without_a_word(tmp_path: Path) -> None:
    for name in ("apt-get", "npm", "python3", "make"):
        tool = tmp_path / name
        tool.write_text('#!/bin/sh\n[ "${0##*/}" != make ] || echo "$* with CI=$CI"\n')
        tool.chmod(0o755)
    found = {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    done = subprocess.run([ROOT / ".ci/run"], env=found, capture_output=True, text=True, check=True)
    assert done.stdout == "check test with CI=1\n"
