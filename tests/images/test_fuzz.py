"""Mutated files of each format: an image or a refusal, within the limits, and never a bug.

``make fuzz SECONDS=3600`` runs it for an hour, from another seed each time.
"""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

import psutil
import pytest

from alpr import images
from alpr.errors import RequestError
from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.images import decode, encode, gradient_image
from testkit.service import client_of
from tests.images import mutators

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
MAX_CPU_S = 1
"""For one file in this process; what is decoded in the other has limits of its own."""
MAX_GROWTH_MB = 60
LIMITS = Settings().image_limits

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


def megabytes() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


@pytest.mark.parametrize("kind", mutators.FORMATS)
def test_mutated_images(kind: str, tmp_path: Path) -> None:
    if kind == "HEIF":
        plugin = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
        plugin.register_heif_opener()
    decode(encode(gradient_image(), kind))
    outcomes = {"read": 0, "refused": 0}
    before, ends = megabytes(), time.monotonic() + SECONDS
    for data in mutators.mutants(kind, SEED):
        (tmp_path / "last").write_bytes(data)
        began = time.process_time()
        try:
            images.decode(data, LIMITS)
            outcomes["read"] += 1
        except RequestError:
            outcomes["refused"] += 1
        except Exception as error:
            raise AssertionError(f"{tmp_path / 'last'} is a {kind} that is a bug") from error
        assert time.process_time() - began < MAX_CPU_S, tmp_path / "last"
        if time.monotonic() > ends:
            break
    print(f"\n{kind}, seed {SEED}: {outcomes}, peak {_peak_mb():.0f} MB")
    assert sum(outcomes.values())
    assert megabytes() - before < MAX_GROWTH_MB


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def test_mutated_forms() -> None:
    client, chance = client_of(), random.Random(SEED)
    form = encode_form(
        [
            Part('name="grid_size"', b"3"),
            Part('name="upload"; filename="a.jpg"', encode(gradient_image(32, 32))),
            Part('name="min_confidence"', b"0.5"),
        ],
        "b",
    )
    whole = [line + b"\r\n" for line in form.split(b"\r\n")]
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        lines = list(whole)
        for _ in range(chance.randint(1, 4)):
            mutators.change(lines, [whole], chance)
        kind = "multipart/form-data; boundary=b"
        answer = client.post("/v1/vision/alpr", data=b"".join(lines), content_type=kind)
        assert answer.status_code in (200, 400, 413, 415), b"".join(lines)
