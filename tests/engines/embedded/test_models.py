"""A model file that is not the one in the manifest is a clear error, not a wrong answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from alpr.engines.embedded.models import MANIFEST, open_models
from alpr.errors import EngineError


def write(folder: Path, content: bytes, digest: str) -> None:
    (folder / "a.onnx").write_bytes(content)
    entry = {"file": "a.onnx", "sha256": digest}
    (folder / MANIFEST).write_text(json.dumps({"detector": entry}))


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, b"changed", hashlib.sha256(b"as it was").hexdigest())
    with pytest.raises(EngineError, match=r"a\.onnx is damaged"):
        open_models(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, b"", "")
    (tmp_path / "a.onnx").unlink()
    with pytest.raises(EngineError, match=r"a\.onnx cannot be read"):
        open_models(tmp_path)


@pytest.mark.parametrize("manifest", [None, "{"])
def test_a_broken_manifest_is_named(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(EngineError, match=MANIFEST):
        open_models(tmp_path)
