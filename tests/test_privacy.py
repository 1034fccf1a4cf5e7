"""The program keeps to itself: nothing is reported, nothing is left in the home directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOAD = """
import alpr.engines.embedded.models
import onnxruntime, time
time.sleep(1)
print(onnxruntime.__version__)
"""


def test_onnx_runtime_reports_nothing(tmp_path: Path) -> None:
    """Its first sign of life would be a device's number and a database in the home directory."""
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR")}
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=ROOT,
        env={**env, **homes},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip()
    assert not list(tmp_path.rglob("*"))
