"""Export the context: `python -m training.context.export --model build/context.pt`.

The file's contract: input `squares`, uint8 [batch, 3, 64, 64], RGB, as the service's
`surroundings` cuts them; output `likelihood`, float32 [batch].
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from alpr.engines.embedded.context import SIDE
from training.checkpoint import Checkpoint
from training.context.data import Samples
from training.context.model import ContextNet
from training.context.train import likelihoods, told_apart

OPSET = 17
TOLERANCE = 1e-4  # of a likelihood, between torch and ONNX Runtime


class Likelihood(nn.Module):
    """The network with the sigmoid that its users want."""

    def __init__(self, net: ContextNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, squares: Tensor) -> Tensor:
        """Squares [batch, 3, SIDE, SIDE] to likelihoods [batch]."""
        return self.net(squares).sigmoid()


def export(net: ContextNet, out: Path) -> None:
    """Write the ONNX file."""
    torch.onnx.export(
        Likelihood(net).eval(),
        (torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8),),
        str(out),
        dynamo=False,
        opset_version=OPSET,
        input_names=["squares"],
        output_names=["likelihood"],
        dynamic_axes={"squares": {0: "batch"}, "likelihood": {0: "batch"}},
    )
    onnx.checker.check_model(onnx.load(str(out)), full_check=True)


def check_parity(net: ContextNet, out: Path, squares: np.ndarray) -> None:
    """Raise ValueError where any likelihood differs much from torch's."""
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {"squares": squares})
    difference = float(np.abs(ours - likelihoods(net, squares)).max())
    if difference > TOLERANCE:
        raise ValueError(f"{out} differs from torch by {difference}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("build/context.pt"))
    parser.add_argument("--out", type=Path, default=Path("build/context.onnx"))
    parser.add_argument("--validation", type=Path, default=Path("build/context_val.npz"))
    options = parser.parse_args()
    net = Checkpoint.load(options.model).network(ContextNet)
    validation = Samples.load(options.validation)
    export(net, options.out)
    check_parity(net, options.out, validation.squares)
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.2f} MB, {told_apart(net, validation)}")


if __name__ == "__main__":
    main()
