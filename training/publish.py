"""Put exported models where the service finds them: python -m training.publish.

Copies the three ONNX files to ``assets/models`` and writes the manifest that the service checks
them by: name, SHA-256, and how to feed each, as their exports say.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent.parent / "assets" / "models"


def described(model: Path) -> dict[str, Any]:
    """What the export wrote beside the model."""
    content: dict[str, Any] = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    return content


def publish(model: Path, name: str, folder: Path) -> dict[str, Any]:
    """Copy a model; its name and digest for the manifest."""
    target = folder / f"{name}.onnx"
    shutil.copyfile(model, target)
    return {"file": target.name, "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--detector", type=Path, default=Path("build/detector.onnx"))
    parser.add_argument("--reader", type=Path, default=Path("build/reader.onnx"))
    parser.add_argument("--context", type=Path, default=Path("build/context.onnx"))
    parser.add_argument("--folder", type=Path, default=ASSETS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    detector, reader = described(options.detector), described(options.reader)
    manifest = {
        "detector": {
            **publish(options.detector, "detector", options.folder),
            **{key: detector[key] for key in ("long_side", "threshold", "nms_iou")},
        },
        "reader": {
            **publish(options.reader, "reader", options.folder),
            **{key: reader[key] for key in ("alphabet", "steps_per_line")},
            "margin": reader["crop"]["margin"],
        },
        "context": publish(options.context, "context", options.folder),
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (options.folder / "manifest.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
