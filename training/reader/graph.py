"""The reader as an ONNX graph in float32."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from training.reader.model import ReaderNet
from training.reader.shape import HEIGHT, WIDTH

OPSET = 20


class Probabilities(nn.Module):
    """The network with the softmax that its users want, at a calibrated temperature."""

    def __init__(self, reader: ReaderNet, temperature: float) -> None:
        super().__init__()
        self.reader, self.temperature = reader, temperature

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops [batch, 1, HEIGHT, WIDTH] to probabilities [batch, 2 * STEPS, CLASSES]."""
        return (self.reader(crops) / self.temperature).softmax(-1)


def export(reader: ReaderNet, out: Path, temperature: float = 1.0) -> None:
    """Write the ONNX file, in float32."""
    reader.eval()
    torch.onnx.export(
        Probabilities(reader, temperature),
        (torch.zeros(1, 1, HEIGHT, WIDTH),),
        str(out),
        dynamo=False,
        opset_version=OPSET,
        input_names=["crops"],
        output_names=["probabilities"],
        dynamic_axes={"crops": {0: "batch"}, "probabilities": {0: "batch"}},
    )
