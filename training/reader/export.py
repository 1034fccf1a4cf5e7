"""Write a trained reader as ONNX, check that it computes what torch does, and describe it.

`python -m training.reader.export --model build/reader.pt --out build/reader.onnx`

The file's contract: input `crops`, float32 [batch, 1, 48, 144], grey 0 to 255, each the box and its
margin stretched to that size; output `probabilities`, float32 [batch, 72, 37], softmax of each
step. Weights are stored as float16 and
widened to float32 when the model is loaded: half the file at the same speed. Single probabilities
differ from torch's by up to 0.02; the texts do not.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from training.reader import evaluate
from training.reader.model import CLASSES, HEIGHT, STEPS, WIDTH, Reader
from training.render.camera import MARGIN
from training.render.texts import ALPHABET

OPSET = 17
LEAST_HALVED = 256  # numbers; smaller constants stay float32


class Probabilities(nn.Module):
    """The network with the softmax that its users want, at a calibrated temperature."""

    def __init__(self, reader: Reader, temperature: float) -> None:
        super().__init__()
        self.reader, self.temperature = reader, temperature

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops [batch, 1, HEIGHT, WIDTH] to probabilities [batch, 2 * STEPS, CLASSES]."""
        return (self.reader(crops) / self.temperature).softmax(-1)


def halve(model: onnx.ModelProto) -> None:
    """Store large weights as float16, each widened by a Cast that is folded at load."""
    graph, casts = model.graph, []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < LEAST_HALVED:
            continue
        name = weight.name
        small = numpy_helper.from_array(
            numpy_helper.to_array(weight).astype(np.float16), name + "_half"
        )
        casts.append(helper.make_node("Cast", [small.name], [name], to=TensorProto.FLOAT))
        weight.CopyFrom(small)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def export(reader: Reader, out: Path, temperature: float = 1.0) -> None:
    """Write the ONNX file."""
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
    model = onnx.load(str(out))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(out))


def parity(reader: Reader, out: Path, temperature: float = 1.0) -> float:
    """Largest difference of any probability between torch and ONNX Runtime, rendered plates."""
    crops = np.stack([crop for _, crop, _ in evaluate.rendered()])
    wrapped = evaluate.predictor(Probabilities(reader, temperature), finish=False)
    return float(np.abs(wrapped(crops) - evaluate.onnx_predictor(out)(crops)).max())


def describe(state: dict, difference: float) -> dict:
    """What a user of the file has to know."""
    return {
        "input": {
            "name": "crops",
            "shape": ["batch", 1, HEIGHT, WIDTH],
            "type": "float32",
            "values": "grey, 0 to 255",
        },
        "output": {"name": "probabilities", "shape": ["batch", 2 * STEPS, CLASSES]},
        "crop": {
            "margin": {"x": MARGIN[0], "y": MARGIN[1]},
            "stretch": "area when shrinking, linear when growing",
        },
        "alphabet": ALPHABET,
        "blank": len(ALPHABET),
        "steps_per_line": STEPS,
        "decoding": "greedy CTC on the steps of the upper line and of the lower line apart; "
        "a character's confidence is the highest probability among its consecutive steps",
        "temperature": state.get("temperature", 1.0),
        "reliability": state.get("reliability", []),
        "steps_trained": state["step"],
        "seconds_trained": round(state["seconds"]),
        "config": state["config"],
        "licences": state["licences"],
        "scores": state["scores"],
        "largest_difference_to_torch": difference,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("build/reader.pt"))
    parser.add_argument("--out", type=Path, default=Path("build/reader.onnx"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    state = torch.load(options.model, weights_only=False)
    reader = Reader()
    reader.load_state_dict(state["averaged"])
    temperature = state.get("temperature", 1.0)
    export(reader, options.out, temperature)
    difference = parity(reader, options.out, temperature)
    text = json.dumps(describe(state, difference), indent=1)
    options.out.with_suffix(".json").write_text(text + "\n")
    print(
        f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, parity within {difference:.5f}"
    )


if __name__ == "__main__":
    main()
