"""Write a trained reader as ONNX, check that it computes what torch does, and describe it.

`python -m training.reader.export --model build/reader.pt --validation build/real_val.npz --out
build/reader.onnx`

The file's contract: input `crops`, float32 [batch, 1, 48, 144], grey 0 to 255, each the box and its
margin stretched to that size; output `probabilities`, float32 [batch, 72, 37], softmax of each
step. The convolutions compute in 8 bits, by the ranges that rendered plates show; the other weights
are stored as float16 and widened to float32 when the model is loaded.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.alphabet import ALPHABET
from training.checkpoint import Checkpoint
from training.quantise import quantise
from training.reader import evaluate
from training.reader.data import Real
from training.reader.graph import Probabilities, export
from training.reader.model import ReaderNet
from training.reader.pool import stretch
from training.reader.shape import CLASSES, HEIGHT, MARGIN, STEPS, WIDTH
from training.render import photograph, render_plate

MIN_HALVED_SIZE = 256  # numbers; smaller constants stay float32
TOLERANCE = 1e-3  # of a probability, between torch and ONNX Runtime before the 8 bits
SPARED = ("/reader/features/features.0/",)  # the first convolution, of one channel, gains nothing
RANGE_BATCHES, RANGE_BATCH = 16, 32  # rendered plates to take the ranges of values from


def halve(model: onnx.ModelProto) -> None:
    """Store large weights as float16, each widened by a Cast that is folded at load."""
    graph, casts = model.graph, []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < MIN_HALVED_SIZE:
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


def range_crops() -> list[np.ndarray]:
    """Batches of rendered plates as the network is given them, the same at each call."""
    rng = random.Random("ranges")
    crops = [
        stretch(photograph(rng, render_plate(rng)), (HEIGHT, WIDTH))
        for _ in range(RANGE_BATCHES * RANGE_BATCH)
    ]
    return list(
        np.stack(crops)[:, None].astype(np.float32).reshape(-1, RANGE_BATCH, 1, HEIGHT, WIDTH)
    )


def check_parity(reader: ReaderNet, out: Path, temperature: float = 1.0) -> None:
    """Raise ValueError where any probability differs much from torch's on rendered plates."""
    crops = np.stack([crop for _, crop, _ in evaluate.rendered()])
    wrapped = evaluate.predictor(Probabilities(reader, temperature), finish=False)
    difference = float(np.abs(wrapped(crops) - evaluate.onnx_predictor(out)(crops)).max())
    if difference > TOLERANCE:
        raise ValueError(f"{out} differs from torch by {difference}")


def compress(out: Path) -> None:
    """Let the file's convolutions compute in 8 bits, and store its other weights in 16."""
    quantise(out, range_crops(), "/reader/features/", SPARED)
    model = onnx.load(str(out))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(out))


def describe(checkpoint: Checkpoint, scores: dict[str, float]) -> dict[str, Any]:
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
        "a character's confidence is the highest probability among its consecutive steps, at most "
        "1 less the highest that steps beside it, which say blank, give to any other character",
        "steps": checkpoint.step,
        "minutes": round(checkpoint.seconds / 60, 1),
        "record": checkpoint.record,
        "scores_in_8_bits": scores,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("build/reader.pt"))
    parser.add_argument("--out", type=Path, default=Path("build/reader.onnx"))
    parser.add_argument("--validation", type=Path, default=Path("build/real_val.npz"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint.load(options.model)
    reader = checkpoint.network(ReaderNet)
    temperature = float(checkpoint.record.get("temperature", 1.0))
    export(reader, options.out, temperature)
    check_parity(reader, options.out, temperature)
    compress(options.out)
    items = evaluate.rendered() + evaluate.real_items(Real.load(options.validation))
    scores = evaluate.score(evaluate.onnx_predictor(options.out), items)
    text = json.dumps(describe(checkpoint, scores), indent=1)
    options.out.with_suffix(".json").write_text(text + "\n")
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    print(f"in torch {checkpoint.record['scores']}\nin 8 bits {scores}")


if __name__ == "__main__":
    main()
