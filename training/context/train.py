"""Train the context: `python -m training.context.train --epochs 24`.

A quarter of an hour on two cores, in one go. Writes the weights, the seed, the settings and the
photos' licences.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.checkpoint import Checkpoint
from training.context.cropped import cropped
from training.context.data import Samples
from training.context.model import ContextNet

BATCH = 128
RATE, WEIGHT_DECAY = 3e-3, 0.05
SMOOTHED = 0.02  # labels are not certain: parked cars without a box are among the other places
LOOK_EVERY = 500


def altered(squares: Tensor, dice: torch.Generator) -> Tensor:
    """A batch as another camera, hour or side would have shown it: float, 0 to 255."""
    n = len(squares)

    def each(*shape: int, normal: bool = False) -> Tensor:
        draw = torch.randn if normal else torch.rand
        return draw((n, *(shape or (1,)), 1, 1), generator=dice)

    light = squares.float() / 255
    mirrored = each() < 0.5
    light = torch.where(mirrored, light.flip(3), light)
    grey = each() < 0.3
    light = torch.where(grey, light.mean(1, keepdim=True), light)
    light = light.clamp(1e-3, 1) ** torch.exp(0.4 * each(normal=True))
    tint = torch.where(grey, 0, 0.06 * each(3, normal=True))
    light = light * torch.exp(tint - 2 * each() ** 3)
    light = light + 0.06 * each() * torch.randn(light.shape, generator=dice)
    return light.clamp(0, 1) * 255


@torch.no_grad()
def likelihoods(net: ContextNet, squares: np.ndarray) -> np.ndarray:
    """Of each square [n, 3, SIDE, SIDE] that it is a plate's."""
    net.eval()
    return net(torch.from_numpy(squares)).sigmoid().numpy()


def told_apart(net: ContextNet, samples: Samples) -> str:
    """How many plates' places are likelier than all but 1 and .2 percent of the others."""
    likely = likelihoods(net, samples.squares)
    plates, others = likely[samples.plates == 1], np.sort(likely[samples.plates == 0])
    shares = [(plates > np.quantile(others, 1 - part)).mean() for part in (0.01, 0.002)]
    return "{:.3f} and {:.3f} of plates above 99 and 99.8 percent of others".format(*shares)


def train(
    net: ContextNet, samples: Samples, validation: Samples, epochs: int, seed: int
) -> ContextNet:
    """Cross entropy, AdamW, one cycle of the rate."""
    dice = torch.Generator().manual_seed(seed)
    squares, plates = torch.from_numpy(samples.squares), torch.from_numpy(samples.plates)
    steps = epochs * len(squares) // BATCH
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    for step in range(1, steps + 1):
        net.train()
        some = torch.randint(len(squares), (BATCH,), generator=dice)
        wanted = plates[some] * (1 - 2 * SMOOTHED) + SMOOTHED
        shown = cropped(altered(squares[some], dice), plates[some], dice)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guess = net(shown)
        loss = functional.binary_cross_entropy_with_logits(guess.float(), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % LOOK_EVERY == 0 or step == steps:
            print(f"step {step} of {steps}: {told_apart(net, validation)}", flush=True)
    return net.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=Path, default=Path("build/context_train.npz"))
    parser.add_argument("--validation", type=Path, default=Path("build/context_val.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/context.pt"))
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    samples, validation = Samples.load(options.samples), Samples.load(options.validation)
    torch.manual_seed(options.seed)
    net = Checkpoint.load(options.start).network(ContextNet) if options.start else ContextNet()
    net = train(net.requires_grad_(True), samples, validation, options.epochs, options.seed)
    settings = {"seed": str(options.seed), "epochs": str(options.epochs)}
    record = {"settings": settings, "licences": samples.licences}
    weights = net.state_dict()
    Checkpoint(weights, weights, record=record).save(options.out)


if __name__ == "__main__":
    main()
