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

from training.checkpoint import Checkpoint
from training.reader import evaluate
from training.reader.batches import Batches
from training.reader.data import Real
from training.reader.loss import loss_of
from training.reader.model import ReaderNet
from training.reader.optimisers import new_trainer
from training.reader.pool import Pool
from training.trainer import Trainer

LICENCES = {
    "rendered plates": "fonts of npm @fontsource packages: SIL OFL 1.1, Apache-2.0, UFL 1.0"
}
WARM_UP_STEPS = 400


def rate_at(step: int, left: float, rate: float, decay: float) -> float:
    """Learning rate: warm-up, level, then a straight fall to 0 over the last `decay` minutes.

    `left` is in minutes; without a decay the rate stays.
    """
    return rate * min(1.0, (step + 1) / WARM_UP_STEPS) * (min(1.0, left / decay) if decay else 1.0)


def train_step(
    trainer: Trainer[ReaderNet], crops: torch.Tensor, lines: list[tuple[str, str]], rate: float
) -> float:
    """One update; the loss."""
    trainer.net.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = trainer.net(crops.float())
    loss = loss_of(logits, lines)
    trainer.update(loss, rate)
    return float(loss.detach())


def train(options: argparse.Namespace) -> None:
    """Until the minutes are over or SIGTERM, which saves what there is."""
    torch.manual_seed(options.seed)
    trainer = new_trainer(options.rate)
    if options.resume and options.out.exists():
        trainer.restore(Checkpoint.load(options.out))
    real = Real.load(options.real) if options.real else None
    seed = options.seed + trainer.step
    batches = Batches(Pool(options.pool), seed, options.batch, real, options.share)
    settings = {key: str(value) for key, value in vars(options).items()}
    licences = LICENCES | (real.licences if real else {})
    record: dict[str, Any] = {"settings": settings, "licences": licences}
    items = evaluate.rendered()
    if options.validation:
        items = items + evaluate.real_items(Real.load(options.validation))
    start = saved = time.monotonic()
    before, smooth = trainer.seconds, None
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    while not stop and (passed := time.monotonic() - start) < options.minutes * 60:
        left = options.minutes - passed / 60
        rate = rate_at(trainer.step, left, options.rate, options.decay)
        loss = train_step(trainer, *batches.draw(), rate)
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        trainer.seconds = before + passed
        if trainer.step % 100 == 0:
            print(f"{trainer.step} {trainer.seconds:.0f}s loss {smooth:.3f}", flush=True)
        if time.monotonic() - saved > options.every * 60:
            saved = time.monotonic()
            finish(trainer, record, items, options.out)
    finish(trainer, record, items, options.out)


def finish(
    trainer: Trainer[ReaderNet], record: dict[str, Any], items: list[evaluate.Item], out: Path
) -> None:
    """Measure the averaged weights and write the checkpoint."""
    record["scores"] = evaluate.score(evaluate.predictor(trainer.average), items)
    print(json.dumps(record["scores"]), flush=True)
    trainer.checkpoint(record).save(out)


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
