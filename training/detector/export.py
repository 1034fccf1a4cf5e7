"""Export the detector: python -m training.detector.export CHECKPOINT OUT.onnx [--threshold 0.4].

The graph takes uint8 [batch, H / 2, W / 2, 12], blocks of 2 x 2 RGB pixels, and gives float32
[batch, positions, 5], raw: ``alpr.engines.embedded.positions`` says what they mean. H and W are
multiples of 32. The convolutions compute in 8 bits, by the ranges that photos of train/ show.
Beside it comes OUT.json: how to feed it, and how well and fast it does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage

from training.checkpoint import Checkpoint
from training.detector.data import Photo, read_labels
from training.detector.evaluate import detections, onnx_runner, torch_runner
from training.detector.graph import export, save, take_pixels_as_they_are
from training.detector.inference import NMS_IOU, letterboxed
from training.detector.layout import double_by_copying, end_with_channels_last
from training.detector.metrics import score
from training.detector.model import DetectorNet
from training.quantise import quantise

# The largest difference allowed between ONNX Runtime and torch before the 8 bits: pixels for
# boxes, units for scores.
BOX_TOLERANCE, SCORE_TOLERANCE = 0.05, 1e-3
# What stays in float32: the last layer's numbers are sizes and scores.
SPARED = ("/net/last",)
# Of train/, spread evenly, to take the ranges of values from.
RANGE_PHOTOS = 64


def range_photos(photos: list[Photo], long_side: int) -> list[NDArray[np.uint8]]:
    """Inputs as the service makes them, of photos spread evenly over these."""
    inputs = []
    for photo in photos[:: max(1, len(photos) // RANGE_PHOTOS)]:
        with PilImage.open(photo.path) as image:
            inputs.append(letterboxed(image, long_side)[0])
    return inputs


def check_parity(net: DetectorNet, path: Path) -> dict[str, float]:
    """The largest differences from torch over several sizes; an error if they are too large."""
    rng = np.random.default_rng(0)
    box_difference = score_difference = 0.0
    run_torch, run_onnx = torch_runner(net), onnx_runner(path)
    for shape in ((1, 192, 320), (3, 16, 16), (1, 240, 320), (2, 416, 304)):
        blocks = rng.integers(0, 256, (*shape, 12), np.uint8)
        ours, theirs = run_torch(blocks), run_onnx(blocks)
        box_difference = max(box_difference, float(np.abs(ours[..., :4] - theirs[..., :4]).max()))
        score_difference = max(score_difference, float(np.abs(ours[..., 4] - theirs[..., 4]).max()))
    if box_difference > BOX_TOLERANCE or score_difference > SCORE_TOLERANCE:
        raise ValueError(f"{path} differs: boxes by {box_difference}, scores by {score_difference}")
    return {"boxes": box_difference, "scores": score_difference}


def milliseconds(path: Path, threads: int, rounds: int = 40) -> dict[str, float]:
    """Median and least time of one 640x384 input; the least is fairer on a busy machine."""
    run = onnx_runner(path, threads)
    blocks = np.random.default_rng(0).integers(0, 256, (1, 192, 320, 12), np.uint8)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run(blocks)
        times.append(1e3 * (time.perf_counter() - began))
    return {"median": round(statistics.median(times), 2), "least": round(min(times), 2)}


def describe(path: Path, checkpoint: Checkpoint, args: argparse.Namespace) -> dict[str, Any]:
    """What the file beside the model says."""
    photos = read_labels(args.data / "val")
    found = detections(onnx_runner(path, 1), photos, args.long_side, args.threshold)
    return {
        "input": "blocks: uint8 [batch, height / 2, width / 2, 12], blocks of 2 x 2 RGB pixels "
        "by row, column, colour; height and width multiples of 32",
        "letterbox": "shrink to fit long_side, never enlarge, pad right and below with grey 114",
        "output": "raw: float32 [batch, positions, 5] at strides 8, 16, 32: logit of the score, "
        "offset of the centre in strides, log of the size over 6 x 2.5 strides",
        "long_side": args.long_side,
        "threshold": args.threshold,
        "nms_iou": NMS_IOU,
        "val": score([photo.boxes for photo in photos], found, args.threshold),
        "milliseconds_640x384_two_threads": milliseconds(path, 2),
        "steps": checkpoint.step,
        "minutes": round(checkpoint.seconds / 60, 1),
        "record": checkpoint.record,
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threshold", type=float, default=0.4)
    parser.add_argument("--long-side", type=int, default=640)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint.load(args.checkpoint)
    export(checkpoint.network(DetectorNet), args.out)
    parity = check_parity(checkpoint.network(DetectorNet), args.out)
    photos = range_photos(read_labels(args.data / "train"), args.long_side)
    quantise(args.out, photos, "/net/", SPARED)
    model = onnx.load(str(args.out))
    take_pixels_as_they_are(model)
    double_by_copying(model)
    end_with_channels_last(model)
    save(model, args.out)
    card = describe(args.out, checkpoint, args)
    card["parity"] = parity
    args.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
