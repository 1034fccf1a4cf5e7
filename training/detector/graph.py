"""The detector as an ONNX graph in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.detector.model import DetectorNet

OPSET = 17
MAX_BYTES = 3_000_000


class BlockConv(nn.Module):
    """The first convolution, 3 x 3 with stride 2, over blocks of 2 x 2 pixels: 2 x 2, stride 1.

    It computes the same. ONNX Runtime takes half the time for twelve channels as for three.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        weight = convolution.weight.detach()
        # Rows -1, 0, 1 beside a block's first are the second row of the block above and the two of
        # its own; in the same way columns. A block has its channels by row, column, colour.
        padded = functional.pad(weight, (1, 0, 1, 0)).unflatten(3, (2, 2)).unflatten(2, (2, 2))
        self.weight = nn.Parameter(padded.permute(0, 3, 5, 1, 2, 4).flatten(1, 3))
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(functional.pad(x, (1, 0, 1, 0)), self.weight, self.bias)


class Exported(nn.Module):
    """The detector as the service runs it: uint8 [batch, H / 2, W / 2, 12] to raw outputs.

    The input has blocks of pixels, as ``alpr.engines.embedded.letterbox`` makes them. What the
    outputs mean is ``alpr.engines.embedded.positions``'s: in the graph, decoding them would take a
    tenth of its time.
    """

    def __init__(self, net: DetectorNet) -> None:
        """``net`` is changed: its normalisations become part of its convolutions."""
        super().__init__()
        fuse(net)
        first: Any = net.stem[0]
        first[0] = BlockConv(first[0])
        self.net = net

    def forward(self, blocks: Tensor) -> Tensor:
        raw: Tensor = self.net(blocks.permute(0, 3, 1, 2).float())
        return raw


def fuse(module: nn.Module) -> None:
    """Fold every normalisation into the convolution before it, in place."""
    for child in module.children():
        if (
            isinstance(child, nn.Sequential)
            and len(child) > 1
            and isinstance(child[1], nn.BatchNorm2d)
        ):
            convolution: Any = child[0]
            child[0] = fuse_conv_bn_eval(convolution, child[1])
            child[1] = nn.Identity()
        else:
            fuse(child)


def export(net: DetectorNet, path: Path) -> None:
    """Write the ONNX file and check that it is well formed and small."""
    example = torch.zeros(2, 48, 80, 12, dtype=torch.uint8)
    axes = {"blocks": {0: "batch", 1: "rows", 2: "columns"}, "raw": {0: "batch", 1: "positions"}}
    torch.onnx.export(
        Exported(net).eval(),
        (example,),
        str(path),
        input_names=["blocks"],
        output_names=["raw"],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    take_in_padding(model)
    save(model, path)


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write a graph that is well formed and small; raises :class:`ValueError`."""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{path} has {size} bytes, more than {MAX_BYTES}")


def take_in_padding(model: onnx.ModelProto) -> None:
    """Make the padding above and left of the first convolution the convolution's own, in place.

    torch has no convolution that pads two sides only.
    """
    (pad,) = (node for node in model.graph.node if node.op_type == "Pad")
    (convolution,) = (node for node in model.graph.node if pad.output[0] in node.input)
    (pads,) = (one for one in convolution.attribute if one.name == "pads")
    pads.ints[:] = (1, 1, 0, 0)
    convolution.input[0] = pad.input[0]
    model.graph.node.remove(pad)


def take_pixels_as_they_are(model: onnx.ModelProto) -> None:
    """Make the input of a quantised graph the first convolution's, in place.

    A pixel less 114, over 64, is what ``DequantizeLinear`` makes of it with these as zero point and
    scale. So the normalisation in float32, and the way back to 8 bits, can go.
    """
    (start,) = (node for node in model.graph.node if "blocks" in node.input)
    chain = [start]
    while chain[-1].op_type != "DequantizeLinear":
        (following,) = (node for node in model.graph.node if chain[-1].output[0] in node.input)
        chain.append(following)
    kinds = [node.op_type for node in chain]
    if kinds != ["Transpose", "Cast", "Sub", "Div", "QuantizeLinear", "DequantizeLinear"]:
        raise ValueError(f"the graph begins with {kinds}")
    values = {one.name: one for one in model.graph.initializer}
    _, scale, zero_point = chain[-1].input
    values[scale].CopyFrom(numpy_helper.from_array(np.float32(1 / 64), scale))
    values[zero_point].CopyFrom(numpy_helper.from_array(np.uint8(114), zero_point))
    chain[-1].input[0] = start.output[0]
    for node in chain[1:-1]:
        model.graph.node.remove(node)
