"""Measures the detector.

python -m training.detector.evaluate MODEL --data DATA [--sets val ...].

MODEL is a checkpoint (.pt, its averaged weights) or an exported .onnx. For each set, input size and
threshold: recall at IoU 0.4, part of the plates whose centre is in a box, false boxes an image,
mean IoU of what was found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage

from training.checkpoint import Checkpoint
from training.detector.data import Photo, read_labels
from training.detector.inference import Array, Runner, find_in_grid, iou
from training.detector.model import DetectorNet, decode, positions

MATCH_IOU = 0.4
# A box that touches a labelled plate this much is a poor box, not a false one.
TOUCH_IOU = 0.1
Row = dict[str, float | int | str]


def torch_runner(net: DetectorNet) -> Runner:
    """Run a network in float32 on the CPU."""

    def run(images: NDArray[np.uint8]) -> Array:
        net.eval()
        with torch.no_grad():
            raw = net(torch.from_numpy(images).float())
            boxes = decode(raw, positions(images.shape[2], images.shape[3]))
            return torch.cat([boxes, raw[..., :1].sigmoid()], -1).numpy()

    return run


def onnx_runner(path: Path, threads: int = 1) -> Runner:
    """Run an exported model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def detections(
    run: Runner, photos: Sequence[Photo], long_side: int, least: float, grid: int = 1
) -> list[Array]:
    """Boxes [n, 5] above `least` for every photo, in its own pixels."""
    found = []
    for photo in photos:
        with PilImage.open(photo.path) as image:
            found.append(find_in_grid(run, image, long_side, least, grid))
    return found


def score(
    photos: Sequence[Photo], found: Sequence[Array], threshold: float, min_width: float = 0
) -> Row:
    """The figures at one threshold; each plate may be matched by one box.

    Plates narrower than `min_width` pixels count neither as plates nor, where found, as false.
    """
    plates = matched = centred = false = 0
    overlaps: list[float] = []
    for photo, candidates in zip(photos, found, strict=True):
        boxes = candidates[candidates[:, 4] > threshold]
        truths = photo.boxes[:, :4]
        free = truths[:, 2] - truths[:, 0] >= min_width
        plates += int(free.sum())
        for middle_x, middle_y in ((truths[:, :2] + truths[:, 2:]) / 2)[free]:
            inside = (boxes[:, 0] < middle_x) & (middle_x < boxes[:, 2])
            centred += bool((inside & (boxes[:, 1] < middle_y) & (middle_y < boxes[:, 3])).any())
        for box in boxes:
            shared = iou(box[:4], truths) if len(truths) else np.zeros(1, np.float32)
            best = int(np.argmax(np.where(free, shared, -1))) if len(truths) else 0
            if len(truths) and free[best] and shared[best] > MATCH_IOU:
                free[best] = False
                matched += 1
                overlaps.append(float(shared[best]))
            elif shared.max() < TOUCH_IOU:
                false += 1
    return {
        "recall": round(matched / max(1, plates), 3),
        "centred": round(centred / max(1, plates), 3),
        "false": round(false / max(1, len(photos)), 3),
        "iou": round(float(np.mean(overlaps)) if overlaps else 0.0, 3),
        "plates": plates,
        "images": len(photos),
    }


def score_folder(run: Runner, folder: Path, long_side: int, threshold: float) -> Row:
    """The figures of one folder at one size and threshold."""
    photos = read_labels(folder)
    return score(photos, detections(run, photos, long_side, threshold), threshold)


def by_source(photos: Sequence[Photo], found: Sequence[Array], threshold: float) -> dict[str, Row]:
    """The figures of each source of a folder."""
    rows = {}
    for source in sorted({photo.source for photo in photos}):
        pairs = [(p, f) for p, f in zip(photos, found, strict=True) if p.source == source]
        rows[source] = score([p for p, _ in pairs], [f for _, f in pairs], threshold)
    return rows


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
        for size in args.sizes:
            found = detections(run, photos, size, min(args.thresholds), args.grid)
            for threshold in args.thresholds:
                print(
                    name,
                    size,
                    threshold,
                    json.dumps(score(photos, found, threshold, args.min_width)),
                    flush=True,
                )
                if args.sources:
                    for source, row in by_source(photos, found, threshold).items():
                        print("   ", source, json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
