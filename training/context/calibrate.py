"""Scale a new context's likelihoods, so that the thresholds of its users keep their meaning.

`python -m training.context.calibrate --model build/context.pt` changes the last layer, by what
the other places of the validation photos show: as many reach each threshold as before.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.checkpoint import Checkpoint, Weights
from training.context.data import Samples
from training.context.model import ContextNet
from training.context.train import likelihoods

REACHED = ((0.06, 0.11), (0.5, 0.0194))
"""Thresholds of ``alpr.engines.embedded.acceptance``, and the share of other places that reach
each of them: what the first published context gave."""


def line(others: NDArray[np.float32]) -> tuple[float, float]:
    """Factor and summand for the logits, by the likelihoods of places that are no plate's."""

    def logit(likelihood: float) -> float:
        return float(np.log(likelihood / (1 - likelihood)))

    seen = [logit(float(np.quantile(others, 1 - share))) for _, share in REACHED]
    wanted = [logit(threshold) for threshold, _ in REACHED]
    factor = (wanted[1] - wanted[0]) / (seen[1] - seen[0])
    return factor, wanted[0] - factor * seen[0]


def scaled(weights: Weights, factor: float, summand: float) -> Weights:
    """The same network, its logits times a factor and a summand added."""
    last = {
        "last.weight": weights["last.weight"] * factor,
        "last.bias": weights["last.bias"] * factor + summand,
    }
    return weights | last


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("build/context.pt"))
    parser.add_argument("--validation", type=Path, default=Path("build/context_val.npz"))
    options = parser.parse_args()
    kept = Checkpoint.load(options.model)
    validation = Samples.load(options.validation)
    likely = likelihoods(kept.network(ContextNet), validation.squares)
    factor, summand = line(likely[validation.plates == 0])
    weights = scaled(kept.average, factor, summand)
    replace(kept, weights=weights, average=weights, optimisers=[]).save(options.model)
    print(f"logits times {factor:.3f}, plus {summand:.3f}")


if __name__ == "__main__":
    main()
