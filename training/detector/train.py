"""Train the detector: python -m training.detector.train --minutes 120 --out DIR [--resume].

Writes DIR/detector.pt (weights, averaged weights, optimiser, step, seed, configuration, licences)
and DIR/train.log.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import math
import signal
import time
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn

from training.detector.batches import Batches
from training.detector.data import DATA, PhotoStore, licences, read_labels
from training.detector.evaluate import score_folder, torch_runner
from training.detector.loss import detector_loss
from training.detector.model import DetectorNet
from training.scenes import PlatePool

log = logging.getLogger("training.detector")
WARM_UP_STEPS = 300
# The averaged weights follow slowly; a shorter memory at first, when the weights still move fast.
AVERAGE_DECAY = 0.9995


@dataclasses.dataclass
class Run:
    """What is kept between sessions."""

    net: DetectorNet
    average: DetectorNet
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


def new_run(rate: float) -> Run:
    """A fresh network, its average and AdamW; normalisation and biases are not decayed."""
    net, average = DetectorNet().to(memory_format=torch.channels_last), DetectorNet()
    average.load_state_dict(net.state_dict())
    average.eval().requires_grad_(False)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}]
    return Run(net, average, torch.optim.AdamW(groups, lr=rate, fused=True))


def save(run: Run, path: Path, record: dict[str, Any]) -> None:
    """Write the checkpoint beside its place and move it there: an interruption never halves it."""
    state = {
        "net": run.net.state_dict(),
        "average": run.average.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "step": run.step,
        "seconds": run.seconds,
        "config": dataclasses.asdict(run.net.config),
        "record": record,
    }
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def resume(run: Run, path: Path) -> None:
    """Continue from a checkpoint; the optimiser starts anew where none was kept."""
    state = torch.load(path, weights_only=True)
    run.net.load_state_dict(state["net"])
    run.average.load_state_dict(state["average"])
    if "optimiser" in state:
        run.optimiser.load_state_dict(state["optimiser"])
    run.step, run.seconds = state["step"], state["seconds"]


def rate_at(run: Run, args: argparse.Namespace) -> float:
    """Learning rate: warm-up, level, then down along a cosine over the last part of the minutes."""
    done = run.seconds / 60 / args.minutes
    start = 1 - args.cool_down
    fall = (
        1.0
        if done < start
        else 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, (done - start) / args.cool_down)))
    )
    return float(args.rate * min(1, (run.step + 1) / WARM_UP_STEPS) * fall)


def follow(average: nn.Module, net: nn.Module, step: int) -> None:
    """Exponential moving average of weights and normalisation statistics."""
    decay = min(AVERAGE_DECAY, (step + 1) / (step + 20))
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)


def train_step(run: Run, images: Tensor, boxes: Tensor, rate: float) -> tuple[float, float, float]:
    """One update; the loss, the mean IoU of the responsible positions, the score's part."""
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.net.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        raw = run.net(images.to(torch.bfloat16).contiguous(memory_format=torch.channels_last))
    loss, mean_iou, score_loss = detector_loss(raw.float(), boxes, images.shape[2], images.shape[3])
    run.optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(run.net.parameters(), 5.0)
    run.optimiser.step()
    follow(run.average, run.net, run.step)
    run.step += 1
    return float(loss.detach()), mean_iou, score_loss


def train(run: Run, batches: Batches, args: argparse.Namespace, record: dict[str, Any]) -> None:
    """Steps until the minutes are over or SIGTERM; every few, a checkpoint and a look at val."""
    saved = looked = shown = time.monotonic()
    means = [0.0, 0.0, 0.0]
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while run.seconds < args.minutes * 60 and not stopped:
        began = time.monotonic()
        images, boxes = batches.batch(run.step)
        drawn = time.monotonic()
        rate = rate_at(run, args)
        values = train_step(run, images, boxes, rate)
        keep = 0.99 if run.step > 100 else 0.9
        means = [keep * m + (1 - keep) * v for m, v in zip(means, values, strict=True)]
        now = time.monotonic()
        run.seconds += now - began
        if now - shown > 60:
            shown = now
            # The last two: drawing the batch, and all of the step.
            text = "step %d, %.1f min: loss %.3f, IoU %.3f, score %.3f, rate %.1e; %.0f of %.0f ms"
            log.info(
                text,
                run.step,
                run.seconds / 60,
                *means,
                rate,
                1e3 * (drawn - began),
                1e3 * (now - began),
            )
        if now - saved > 60 * args.save_every:
            saved = now
            save(run, args.out / "detector.pt", record)
        if now - looked > 60 * args.look_every:
            looked = now
            log.info(
                "val: %s",
                json.dumps(score_folder(torch_runner(run.average), args.data / "val", 640, 0.4)),
            )
    save(run, args.out / "detector.pt", record)


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
    parser.add_argument("--data", type=Path, default=DATA, help="folder with train/ and val/")
    parser.add_argument("--mined", type=Path, help="what training.detector.mine wrote")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument(
        "--cool-down",
        type=float,
        default=0.35,
        help="part of the minutes over which the rate falls",
    )
    parser.add_argument(
        "--rendered", type=int, default=3000, help="plates in the pool; 0 for photos alone"
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
    handlers = [logging.FileHandler(args.out / "train.log"), logging.StreamHandler()]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(args.seed)
    run = new_run(args.rate)
    if args.resume and (args.out / "detector.pt").exists():
        resume(run, args.out / "detector.pt")
    mined = json.loads(args.mined.read_text()) if args.mined else {}
    photos = read_labels(args.data / "train", mined.get("ignored"))
    settings = {
        name: str(value)
        for name, value in vars(args).items()
        if name not in ("out", "data", "mined")
    }
    record = {"seed": args.seed, "settings": settings, "licences": licences(photos)}
    log.info(
        "%s, %d parameters, from step %d",
        record,
        sum(p.numel() for p in run.net.parameters()),
        run.step,
    )
    pool = PlatePool(args.rendered, args.seed) if args.rendered else None
    train(
        run, Batches(PhotoStore(photos, hard=mined.get("hard", {})), args.seed, pool), args, record
    )


if __name__ == "__main__":
    main()
