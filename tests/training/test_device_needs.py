"""The machine with the GPU needs PyTorch, numpy and Pillow, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("torch")

PROGRAM = """
import importlib.abc, sys

OTHERS = {"cv2", "onnx", "onnxruntime", "rapidocr", "torchvision", "flask", "waitress", "multipart"}

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OTHERS:
            raise ModuleNotFoundError(name)
        return None

sys.meta_path.insert(0, Missing())
import training.device.train
"""


def test_training_on_the_device_imports_only_what_is_there() -> None:
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert made.returncode == 0, made.stderr
