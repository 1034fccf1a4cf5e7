"""The detector as an ONNX graph in float32, its boxes decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.detector.model import DetectorNet, decode, positions

OPSET = 17
MAX_BYTES = 3_000_000


class Exported(nn.Module):
    """The detector with its boxes decoded, as the service runs it."""

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        raw = self.net(images.float())
        boxes = decode(raw, positions(images.shape[2], images.shape[3]))
        return torch.cat([boxes, raw[..., :1].sigmoid()], -1)


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
    fuse(net)
    example = torch.zeros(2, 3, 96, 160, dtype=torch.uint8)
    axes = {"images": {0: "batch", 2: "height", 3: "width"}, "boxes": {0: "batch", 1: "positions"}}
    torch.onnx.export(
        Exported(net).eval(),
        (example,),
        str(path),
        input_names=["images"],
        output_names=["boxes"],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{path} has {size} bytes, more than {MAX_BYTES}")
