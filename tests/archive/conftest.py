"""An archive of images, and the command that reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import alpr_api
from alpr.archive import command
from alpr.engines.fake import FakeEngine
from testkit.images import encode, gradient_image

ROOT = Path(__file__).parents[2]
Read = Callable[..., int]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Five images and a damaged one in two folders, besides files that are skipped."""
    folder = tmp_path / "archive"
    (folder / "2026-11").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    for name in ("b.jpg", "a.JPEG", "2026-11/d.jpg", "2026-11/c.jpg", ".thumbnails/b.jpg", "z.png"):
        (folder / name).write_bytes(encode(gradient_image()))
    (folder / "._b.jpg").write_bytes(b"a companion file")
    (folder / "notes.txt").write_text("no image")
    (folder / "torn.jpg").write_bytes(encode(gradient_image())[:400])
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The command with a scripted engine."""

    def run(*arguments: object, engine: Any = ()) -> int:
        chosen = engine if isinstance(engine, FakeEngine) else FakeEngine(engine)
        monkeypatch.setattr(command, "open_engine", lambda _: chosen)
        return alpr_api.main(["read", *map(str, arguments)])

    return run


def names(folder: Path, text: str) -> list[str]:
    return [os.path.relpath(json.loads(line)["file"], folder) for line in text.splitlines()]
