"""The mean of several checkpoints' averaged weights.

`python -m training.reader.mean build/old.pt build/hot.pt build/end.pt:2 --out build/mean.pt`; a
number after a name is how many times it counts. The method is "model soups", Wortsman et al., 2022,
arXiv 2203.05482.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from training.checkpoint import Checkpoint, Weights


def mean(states: list[Weights], parts: list[float]) -> Weights:
    """Weights by name, each the mean of those in ``states``; counters are the last one's."""
    shares = torch.tensor(parts) / sum(parts)

    def of(name: str, last: torch.Tensor) -> torch.Tensor:
        if not last.dtype.is_floating_point:
            return last
        return torch.tensordot(shares, torch.stack([state[name] for state in states]), dims=1)

    return {name: of(name, last) for name, last in states[-1].items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoints", nargs="+", help="FILE or FILE:PARTS")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    named = [name.partition(":") for name in options.checkpoints]
    kept = [Checkpoint.load(Path(file)) for file, _, _ in named]
    weights = mean([one.average for one in kept], [float(part or 1) for _, _, part in named])
    # The optimisers of the last one know nothing of the mean.
    replace(kept[-1], weights=weights, average=weights, optimisers=[]).save(options.out)


if __name__ == "__main__":
    main()
