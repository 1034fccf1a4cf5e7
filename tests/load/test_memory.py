"""What the largest pictures cost: the whole process' peak, with the engine that is shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from alpr.settings import Settings
from tests import corpus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")

ROOT = Path(__file__).parent.parent.parent
SIZE = (8650, 5780)
"""Just below 50 megapixels."""

PROGRAM = """
import json, sys
from pathlib import Path

from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.settings import Settings
from alpr_api import create_app
from tests.helpers import upload

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1000

engine = EmbeddedEngine()
engine.warm_up()
client = create_app(Settings(), engine).test_client()
client.post("/v1/vision/alpr", **upload())
idle = peak()
response = client.post("/v1/vision/alpr", **upload(Path(sys.argv[1]).read_bytes()))
print(json.dumps([response.status_code, idle, peak()]))
"""


def cost(file: Path) -> tuple[int, float, float]:
    """The answer's status, and the process' peak before it and after it, in megabytes."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    status, idle, peak = json.loads(ended.stdout)
    return status, idle, peak


@pytest.mark.parametrize(
    ("name", "mode", "most"),
    [("a.jpg", "RGB", 400), ("a.tif", "F", 650)],
    ids=["jpeg", "tiff of floats"],
)
def test_fifty_megapixels(tmp_path: Path, name: str, mode: str, most: int) -> None:
    assert 49e6 < SIZE[0] * SIZE[1] <= Settings().max_megapixels * 1e6
    slope = Image.linear_gradient("L").resize(SIZE).convert(mode)
    options = {"compression": "tiff_adobe_deflate"} if mode == "F" else {"quality": 85}
    slope.save(tmp_path / name, **options)
    status, _, peak = cost(tmp_path / name)
    assert status == 200
    assert peak < most


def test_a_bomb_costs_nothing(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(corpus.bomb())
    status, idle, peak = cost(bomb)
    assert status == 413
    assert peak - idle < 50
