"""Measures the detector.

python -m training.detector.evaluate MODEL --data DATA [--sets val ...].

MODEL is a checkpoint (.pt, its averaged weights) or an exported .onnx. For each set, input size and
threshold: recall at IoU 0.4, part of the plates whose centre is in a box, false boxes an image,
mean IoU of what was found.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor

from training.checkpoint import Checkpoint
from training.detector.data import Photo, read_labels
from training.detector.graph import Exported
from training.detector.inference import Array, Runner, find_in_grid
from training.detector.metrics import Row, score
from training.detector.model import DetectorNet, decode, positions


def torch_runner(net: DetectorNet) -> Runner:
    """Run a network in float32 on the CPU."""
    exported = Exported(copy.deepcopy(net)).eval()

    def run(blocks: NDArray[np.uint8]) -> Array:
        with torch.no_grad():
            return decoded(exported(torch.from_numpy(blocks)), blocks)

    return run


def onnx_runner(path: Path, threads: int = 1) -> Runner:
    """Run an exported model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(blocks: NDArray[np.uint8]) -> Array:
        return decoded(torch.from_numpy(session.run(None, {name: blocks})[0]), blocks)

    return run


def decoded(raw: Tensor, blocks: NDArray[np.uint8]) -> Array:
    """Boxes and scores of all positions of these inputs: [batch, positions, 5]."""
    boxes = decode(raw, positions(2 * blocks.shape[1], 2 * blocks.shape[2]))
    return torch.cat([boxes, raw[..., :1].sigmoid()], -1).numpy()


def detections(
    run: Runner, photos: Sequence[Photo], long_side: int, least: float, grid: int = 1
) -> list[Array]:
    """Boxes [n, 5] above `least` for every photo, in its own pixels."""
    found = []
    for photo in photos:
        with PilImage.open(photo.path) as image:
            found.append(find_in_grid(run, image, long_side, least, grid))
    return found


def by_source(photos: Sequence[Photo], found: Sequence[Array], threshold: float) -> dict[str, Row]:
    """The figures of each source of a folder."""
    rows = {}
    for source in sorted({photo.source for photo in photos}):
        pairs = [(p, f) for p, f in zip(photos, found, strict=True) if p.source == source]
        rows[source] = score([p.boxes for p, _ in pairs], [f for _, f in pairs], threshold)
    return rows


def score_folder(run: Runner, folder: Path, long_side: int, threshold: float) -> Row:
    """The figures of one folder at one size and threshold."""
    photos = read_labels(folder)
    boxes = [photo.boxes for photo in photos]
    return score(boxes, detections(run, photos, long_side, threshold), threshold)


def open_runner(path: Path, threads: int) -> Runner:
    """A runner for a checkpoint or an exported model."""
    if path.suffix == ".onnx":
        return onnx_runner(path, threads)
    return torch_runner(Checkpoint.load(path).network(DetectorNet))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", default=["val"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[640])
    parser.add_argument("--thresholds", nargs="+", type=float, default=[0.3, 0.4, 0.5, 0.6])
    parser.add_argument("--sources", action="store_true", help="also by source")
    parser.add_argument("--min-width", type=float, default=0, help="of plates, in photo pixels")
    parser.add_argument("--grid", type=int, default=1, help="search grid x grid cells")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    run = open_runner(args.model, args.threads)
    for name in args.sets:
        photos = read_labels(args.data / name)
        boxes = [photo.boxes for photo in photos]
        for size in args.sizes:
            found = detections(run, photos, size, min(args.thresholds), args.grid)
            for threshold in args.thresholds:
                print(
                    name,
                    size,
                    threshold,
                    json.dumps(score(boxes, found, threshold, args.min_width)),
                    flush=True,
                )
                if args.sources:
                    for source, row in by_source(photos, found, threshold).items():
                        print("   ", source, json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
