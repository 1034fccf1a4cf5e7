"""A model file that differs from the manifest is a clear error, not a wrong answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from alpr.engines.embedded.models import MANIFEST, open_models
from alpr.engines.embedded.reads import Reads
from alpr.errors import EngineError
from alpr.folders import bundle_folder


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


@pytest.mark.parametrize(
    "manifest",
    [None, "{", "[]", "null", '{"detector": 1}', '{"detector": {}}', '{"detector": {"file": 1}}'],
)
def test_a_broken_manifest_is_named(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(EngineError, match=MANIFEST):
        open_models(tmp_path)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    write(tmp_path, b"no model", hashlib.sha256(b"no model").hexdigest())
    with pytest.raises(EngineError, match=r"a\.onnx cannot be opened"):
        open_models(tmp_path)


def test_a_batch_of_another_shape_is_an_engine_s_error() -> None:
    model = open_models(bundle_folder() / "assets" / "models")["detector"]
    with pytest.raises(EngineError, match=r"the model .* failed"):
        model.run(np.zeros((1, 1), np.float32))


class Session:
    """Answers with the number of threads that it computes with."""

    def __init__(self, _: bytes, options: onnxruntime.SessionOptions, **__: Any) -> None:
        self._threads = options.intra_op_num_threads

    def get_providers(self) -> list[str]:
        return ["CPUExecutionProvider"]

    def get_inputs(self) -> list[Any]:
        return [onnxruntime.NodeArg]

    def run(self, *_: Any) -> list[int]:
        return [self._threads]


def test_a_pass_uses_one_thread_while_several_images_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, b"a model", hashlib.sha256(b"a model").hexdigest())
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    reads = Reads()
    model = open_models(tmp_path, threads=4, reads=reads)["detector"]
    threads = [model.run(np.zeros(1))]
    with reads:
        threads.append(model.run(np.zeros(1)))
        with reads:
            threads.append(model.run(np.zeros(1)))
        threads.append(model.run(np.zeros(1)))
    assert threads == [4, 4, 1, 4]
