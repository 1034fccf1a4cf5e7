"""Make the convolutions of an exported network compute in 8 bits, by images like its own.

Static post-training quantisation, as ONNX Runtime has it: weights get a scale for each channel,
activations one for each tensor, by the least and the largest value seen. Weights use 7 of their 8
bits: a processor without VNNI adds products by pairs in 16 bits, which would overflow with more.

What needs the range stays in float32: first layers, whose inputs are pixels, and last ones, whose
outputs are positions and scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

KINDS = ("Conv", "Relu", "Add", "Resize")
"""Operators that ONNX Runtime has in 8 bits; a ReLU is taken into what comes before it."""


class _Reader(CalibrationDataReader):
    """Hands the images over one by one."""

    def __init__(self, name: str, batches: Iterable[NDArray[np.generic]]) -> None:
        self.feeds: Iterator[dict[str, NDArray[np.generic]]] = ({name: one} for one in batches)

    def get_next(self) -> dict[str, NDArray[np.generic]] | None:
        return next(self.feeds, None)


def quantise(
    path: Path,
    batches: Iterable[NDArray[np.generic]],
    within: str,
    spared: tuple[str, ...],
) -> None:
    """Rewrite the model, in place.

    Its operators whose names start with ``within`` compute in 8 bits, but for those whose names
    start with one of ``spared``. ``batches`` are inputs to take the ranges of values from.
    """
    model = onnx.load(str(path))
    names = [
        node.name
        for node in model.graph.node
        if node.op_type in KINDS
        and node.name.startswith(within)
        and not node.name.startswith(spared)
    ]
    quantize_static(
        model,
        str(path),
        _Reader(model.graph.input[0].name, batches),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=list(KINDS),
        nodes_to_quantize=names,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
