"""Train the reader.

`python -m training.reader.train --pool build/pool --minutes 60 --out build/reader.pt [--resume]`.

The learning rate warms up, stays, and falls to nothing over the last --decay minutes; stop and
--resume at any time.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from pathlib import Path
from typing import Any

import cv2
import torch
from torch.nn import functional

from training.reader import evaluate
from training.reader.batches import Batches
from training.reader.data import Real, encode
from training.reader.model import BLANK, CLASSES, STEPS, Reader
from training.reader.muon import Muon
from training.reader.pool import Pool

LICENCES = {
    "rendered plates": "fonts of npm @fontsource packages: SIL OFL 1.1, Apache-2.0, UFL 1.0"
}


def loss_of(logits: torch.Tensor, lines: list[tuple[str, str]]) -> torch.Tensor:
    """CTC on each row of steps alone.

    The upper line on the first row, the lower one, mostly empty, on the second.
    """
    classes, lengths = encode(lines)
    rows = logits.float().reshape(-1, STEPS, CLASSES).log_softmax(-1).transpose(0, 1)
    steps = torch.full((rows.shape[1],), STEPS)
    losses = functional.ctc_loss(
        rows, classes, steps, lengths, BLANK, reduction="none", zero_infinity=True
    )
    return losses.sum() / len(lines)


def optimisers_of(model: Reader, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the weights within the network; AdamW for its ends, biases, norms and places."""
    inner, outer = [], []
    for name, weight in model.named_parameters():
        ends = name.startswith(("features.0", "classify", "places"))
        (outer if weight.ndim < 2 or ends else inner).append(weight)
    return [Muon(inner, rate, weight_decay=0.03), torch.optim.AdamW(outer, rate, weight_decay=0.03)]


class Trainer:
    """Model, averaged model, optimiser and where they are kept."""

    def __init__(self, out: Path, rate: float, resume: bool) -> None:
        self.out, self.rate, self.step, self.seconds = out, rate, 0, 0.0
        self.model = Reader().to(memory_format=torch.channels_last)
        self.averaged = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.optimisers = optimisers_of(self.model, rate)
        if resume and out.exists():
            self.load()

    def load(self) -> None:
        """Go on from the checkpoint."""
        state = torch.load(self.out, weights_only=False)
        self.model.load_state_dict(state["model"])
        for optimiser, kept in zip(self.optimisers, state.get("optimisers", []), strict=False):
            optimiser.load_state_dict(kept)
        self.averaged, self.step, self.seconds = state["averaged"], state["step"], state["seconds"]

    def save(self, record: dict[str, Any]) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "seconds": self.seconds,
            **record,
        }
        part = self.out.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.out)

    def learn(self, crops: torch.Tensor, lines: list[tuple[str, str]], factor: float) -> float:
        """One step; `factor` scales the learning rate. Gives the loss."""
        self.step += 1
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.rate * factor * min(1.0, self.step / 400)
            optimiser.zero_grad()
        self.model.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(crops.float())
        loss = loss_of(logits, lines)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.average()
        return float(loss.detach())

    @torch.no_grad()
    def average(self) -> None:
        """Move the averaged weights a little towards the present ones."""
        keep = min(0.999, self.step / (self.step + 30))
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                self.averaged[name].lerp_(value, 1 - keep)
            else:
                self.averaged[name].copy_(value)

    def average_model(self) -> Reader:
        """A reader with the averaged weights: what is measured and exported."""
        model = Reader()
        model.load_state_dict(self.averaged)
        return model.eval()


def train(options: argparse.Namespace) -> None:
    """Until the minutes are over."""
    torch.manual_seed(options.seed)
    trainer = Trainer(options.out, options.rate, options.resume)
    real = Real.load(options.real) if options.real else None
    seed = options.seed + trainer.step
    batches = Batches(Pool(options.pool), seed, options.batch, real, options.share)
    config = {key: str(value) for key, value in vars(options).items()}
    record: dict[str, Any] = {
        "config": config,
        "licences": LICENCES | (real.licences if real else {}),
        "scores": {},
    }
    items = evaluate.rendered()
    if options.validation:
        items = items + evaluate.real_items(Real.load(options.validation))
    start = saved = time.monotonic()
    before, smooth = trainer.seconds, None
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))  # saves what it has
    while not stop and (passed := time.monotonic() - start) < options.minutes * 60:
        factor = (
            min(1.0, (options.minutes * 60 - passed) / (options.decay * 60))
            if options.decay
            else 1.0
        )
        loss = trainer.learn(*batches.draw(), factor)
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        trainer.seconds = before + passed
        if trainer.step % 100 == 0:
            print(f"{trainer.step} {trainer.seconds:.0f}s loss {smooth:.3f}", flush=True)
        if time.monotonic() - saved > options.every * 60:
            saved = time.monotonic()
            finish(trainer, record, items)
    finish(trainer, record, items)


def finish(trainer: Trainer, record: dict[str, Any], items: list[evaluate.Item]) -> None:
    """Measure the averaged weights and write the checkpoint."""
    record["scores"] = evaluate.score(evaluate.predictor(trainer.average_model()), items)
    print(json.dumps(record["scores"]), flush=True)
    trainer.save(record)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("build/pool"))
    parser.add_argument("--real", type=Path, help="labelled real crops, see training.reader.real")
    parser.add_argument("--share", type=float, default=0.4, help="of real crops in a batch")
    parser.add_argument("--validation", type=Path, help="labelled real crops to measure on")
    parser.add_argument("--out", type=Path, default=Path("build/reader.pt"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--decay",
        type=float,
        default=0,
        help="minutes at the end over which the learning rate falls to 0",
    )
    parser.add_argument("--every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    train(options)


if __name__ == "__main__":
    main()
