"""Quantise an exported finder: python -m training.finder.quantise FINDER.onnx OUT.onnx.

Static 8-bit quantisation of the convolutions, ranges measured on training photos; what decodes the
boxes, and the convolutions that feed it, stay in float. Evaluate the result like any other model.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image as PilImage

from .data import DATA, Photo, read_labels
from .inference import letterbox

QUANTISED = ["Conv", "Add", "Relu", "Resize"]
# Channels into the first convolution and out of the last ones: pixels and boxes need float.
PIXELS, OUTPUTS = 3, 5
METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}


class Photos(CalibrationDataReader):
    """Photos as the service feeds them, one at a time."""

    def __init__(self, photos: list[Photo], long_side: int) -> None:
        self.inputs = self.letterboxed(photos, long_side)

    @staticmethod
    def letterboxed(photos: list[Photo], long_side: int) -> Iterator[dict[str, NDArray[np.uint8]]]:
        for photo in photos:
            with PilImage.open(photo.path) as image:
                yield {"images": letterbox(image, long_side)[0][None]}

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        return next(self.inputs, None)


def in_float(model: onnx.ModelProto) -> list[str]:
    """Names of the first convolution and of the last ones, which are not quantised."""
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    return [
        node.name
        for node in convolutions
        if shapes[node.input[1]][0] == OUTPUTS or shapes[node.input[1]][1] == PIXELS
    ]


def quantise(source: Path, target: Path, photos: list[Photo], method: str, long_side: int) -> None:
    """Write the quantised model.

    Weights have seven bits: with eight, x86 processors without VNNI saturate and give other boxes.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            Photos(photos, long_side),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=in_float(onnx.load(str(prepared))),
            calibrate_method=METHODS[method],
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--method", choices=sorted(METHODS), default="minmax")
    parser.add_argument("--long-side", type=int, default=640)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    photos = read_labels(args.data / "train")
    order = np.random.default_rng(args.seed).permutation(len(photos))[: args.photos]
    chosen = [photos[i] for i in order]
    quantise(args.source, args.target, chosen, args.method, args.long_side)


if __name__ == "__main__":
    main()
