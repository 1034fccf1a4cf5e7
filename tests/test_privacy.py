"""Privacy: nothing is reported, and nothing is left in the home directory."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from testkit.forms import upload
from testkit.routes import IMAGE_ROUTES

ROOT = Path(__file__).parent.parent
LOAD = """
import alpr.engines.embedded.models
import onnxruntime, time
time.sleep(1)
print(onnxruntime.__version__)
"""


def test_onnx_runtime_reports_nothing(tmp_path: Path) -> None:
    """Its telemetry would begin with a device's id and a database in the home directory."""
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


def test_neither_log_nor_metrics_contain_a_plate(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [client.post(route, **upload()).get_data(as_text=True) for route in IMAGE_ROUTES]
    assert "FAKE123" in answers[0]
    assert "POST /v1/vision/alpr 200" in caplog.text
    assert "fake123" not in (caplog.text + client.get("/metrics").get_data(as_text=True)).lower()
