"""Export what was trained: `python -m training.device.export --build build/gpu`.

Writes reader.onnx and detector.onnx, in float32, beside the checkpoints; needs the package onnx.
What is published is made of the checkpoints by training.reader.export and training.detector.export,
which add calibration and 8 bits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from training.checkpoint import Checkpoint
from training.detector import graph as detector
from training.detector.model import DetectorNet
from training.reader import graph as reader
from training.reader.model import ReaderNet


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build/gpu"))
    folder = parser.parse_args().build
    checkpoint = Checkpoint.load(folder / "reader.pt")
    temperature = float(checkpoint.record.get("temperature", 1.0))
    reader.export(checkpoint.network(ReaderNet), folder / "reader.onnx", temperature)
    detector.export(
        Checkpoint.load(folder / "detector.pt").network(DetectorNet), folder / "detector.onnx"
    )
    for path in sorted(folder.glob("*.onnx")):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
