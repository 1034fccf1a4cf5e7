"""Train the detector: python -m training.detector.train --minutes 120 --out DIR [--resume].

Writes DIR/detector.pt (weights, averaged weights, optimiser, step, seed, configuration, licences)
and DIR/train.log.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import signal
import time
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor

from training.checkpoint import Checkpoint
from training.detector.batches import Batches
from training.detector.data import PhotoStore, licences, read_labels
from training.detector.evaluate import score_folder, torch_runner
from training.detector.large import LargeBatches, read_crops
from training.detector.loss import detector_loss
from training.detector.model import DetectorNet
from training.detector.optimisers import new_trainer
from training.scenes import PlatePool
from training.trainer import Trainer

log = logging.getLogger("training.detector")
WARM_UP_STEPS = 300
LOOK_SIDE, LOOK_THRESHOLD = 640, 0.4
"""Long side and score threshold of the evaluations on val during training."""
SHOW_SECONDS = 60.0


def rate_at(step: int, done: float, rate: float, cool_down: float) -> float:
    """Learning rate: warm-up, level, then down along a cosine over the last part of the minutes.

    `done` is the share of the minutes that is over, `cool_down` the length of the last part.
    """
    into = min(1.0, max(0.0, (done - 1 + cool_down) / cool_down))
    fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * into))
    return rate * min(1.0, (step + 1) / WARM_UP_STEPS) * fall


def train_step(
    trainer: Trainer[DetectorNet], images: Tensor, boxes: Tensor, rate: float
) -> tuple[float, float, float]:
    """One update; the loss, the mean IoU of the responsible positions, the score's part."""
    trainer.net.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        raw = trainer.net(images.to(torch.bfloat16).contiguous(memory_format=torch.channels_last))
    loss, mean_iou, score_loss = detector_loss(raw.float(), boxes, images.shape[2], images.shape[3])
    trainer.update(loss, rate)
    return float(loss.detach()), mean_iou, score_loss


class Every:
    """True once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.last = seconds, time.monotonic()

    def __call__(self) -> bool:
        due = time.monotonic() - self.last > self.seconds
        if due:
            self.last = time.monotonic()
        return due


def train(
    trainer: Trainer[DetectorNet],
    batches: Batches,
    args: argparse.Namespace,
    record: dict[str, Any],
) -> None:
    """Steps until the minutes are over or SIGTERM; every few, a checkpoint and a look at val."""
    show, save, look = Every(SHOW_SECONDS), Every(60 * args.save_every), Every(60 * args.look_every)
    means = [0.0, 0.0, 0.0]
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    path = args.out / "detector.pt"
    while trainer.seconds < args.minutes * 60 and not stopped:
        began = time.monotonic()
        images, boxes = batches.batch(trainer.step)
        drawn = time.monotonic()
        done = trainer.seconds / 60 / args.minutes
        rate = rate_at(trainer.step, done, args.rate, args.cool_down)
        values = train_step(trainer, images, boxes, rate)
        keep = 0.99 if trainer.step > 100 else 0.9
        means = [keep * m + (1 - keep) * v for m, v in zip(means, values, strict=True)]
        now = time.monotonic()
        trainer.seconds += now - began
        if show():
            # The last two times: of drawing the batch, and of the whole step.
            minutes, times = trainer.seconds / 60, (1e3 * (drawn - began), 1e3 * (now - began))
            text = "step %d, %.1f min: loss %.3f, IoU %.3f, score %.3f, rate %.1e; %.0f of %.0f ms"
            log.info(text, trainer.step, minutes, *means, rate, *times)
        if save():
            trainer.checkpoint(record).save(path)
        if look():
            run = torch_runner(trainer.average)
            figures = score_folder(run, args.data / "val", LOOK_SIDE, LOOK_THRESHOLD)
            log.info("val: %s", json.dumps(figures))
    trainer.checkpoint(record).save(path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes",
        type=float,
        required=True,
        help="of training in all, those before --resume included",
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument(
        "--more", type=Path, help="folder with photos/ and crops/, each with splits"
    )
    parser.add_argument("--mined", type=Path, help="what training.detector.mine wrote")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument(
        "--reach", type=int, default=2, help="distance of the taps at stride 32, to begin with"
    )
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument(
        "--cool-down",
        type=float,
        default=0.35,
        help="part of the minutes over which the rate falls",
    )
    parser.add_argument(
        "--rendered", type=int, default=3000, help="plates in the pool; 0 for photos only"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=3, help="minutes")
    parser.add_argument(
        "--look-every", type=float, default=20, help="minutes between evaluations on val"
    )
    return parser.parse_args()


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.FileHandler(args.out / "train.log"),
        logging.StreamHandler(),
    ]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(args.seed)
    begun = args.resume and (args.out / "detector.pt").exists()
    kept = Checkpoint.load(args.out / "detector.pt") if begun else None
    trainer = new_trainer(args.rate, **(kept.architecture if kept else {"reach": args.reach}))
    if kept:
        trainer.restore(kept)
    mined = json.loads(args.mined.read_text()) if args.mined else {}
    photos = read_labels(args.data / "train", mined.get("ignored"))
    if args.more:
        photos += read_labels(args.more / "photos", split="train")
    left_out = ("out", "data", "more", "mined")
    settings = {name: str(value) for name, value in vars(args).items() if name not in left_out}
    record = {"settings": settings, "licences": licences(photos)}
    parameters = sum(p.numel() for p in trainer.net.parameters())
    log.info("%s, %d parameters, from step %d", record, parameters, trainer.step)
    pool = PlatePool(args.rendered, args.seed) if args.rendered else None
    store = PhotoStore(photos, hard=mined.get("hard", {}))
    crops = PhotoStore(read_crops(args.more / "crops")) if args.more else None
    train(trainer, LargeBatches(store, args.seed, pool, crops=crops), args, record)


if __name__ == "__main__":
    main()
