"""The model files: opened only when they are the ones that the manifest names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from alpr.errors import EngineError

MANIFEST = "manifest.json"


def open_models(folder: Path) -> dict[str, tuple[onnxruntime.InferenceSession, Mapping[str, Any]]]:
    """Each model of the manifest, by name: its session and what the manifest says of its use.

    ``manifest.json`` holds ``{"detector": {"file": …, "sha256": …, …}, "reader": {…}}``. Raises
    :class:`EngineError` where a file is missing, is not the one named there, or cannot be opened.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(f"the models' {MANIFEST} cannot be read: {error}") from error
    return {name: (_open(folder / entry["file"], entry), entry) for name, entry in manifest.items()}


def _open(path: Path, entry: Mapping[str, Any]) -> onnxruntime.InferenceSession:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EngineError(f"the model {path.name} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise EngineError(
            f"the model {path.name} is damaged: its SHA-256 is not the one in {MANIFEST}; "
            "install the program anew"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    options.log_severity_level = 3
    # Worker threads that spin while idle would take the core that the next JPEG is decoded on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
