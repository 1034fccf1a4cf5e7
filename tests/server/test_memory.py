"""The program sets malloc's limits; ``make soak`` shows their effect."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

import alpr_api
from alpr.server import memory
from alpr.service import request_log

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def test_malloc_is_tuned_before_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def serve(*_: object) -> int:
        done.append("serve")
        return 0

    monkeypatch.setattr(memory, "tune_malloc", lambda: done.append("memory"))
    monkeypatch.setattr(request_log, "start", lambda _: None)
    monkeypatch.setattr(alpr_api, "serve", serve)
    assert alpr_api.main(["--engine", "fake"]) == 0
    assert done == ["memory", "serve"]


FRAMES = """
import resource
from alpr import images
from alpr.server import memory
from alpr.settings import Settings
from testkit.images import encode, gradient_image
limits = Settings().image_limits
memory.tune_malloc()
images.prepare(limits)
for size in ((1920, 1080), (3840, 2160)):
    frame = encode(gradient_image().resize(size))
    images.decode(frame, limits)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    images.decode(frame, limits)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
"""Prints how many pages the system adds for a second frame of a size."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the limits are glibc's")
def test_the_memory_of_a_frame_is_not_fetched_page_by_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRAMES], capture_output=True, text=True, check=True
    )
    kept, in_large_pages = map(int, done.stdout.split())
    assert kept < 1920 * 1080 * 4 / 4096 / 4
    # A kernel without large pages has these.
    if "[never]" not in LARGE_PAGES.read_text(encoding="ascii"):
        assert in_large_pages < 3840 * 2160 * 4 / 4096 / 4
