"""Train on the device: `python -m training.device.train reader --pack build/pack --minutes 5 …`.

Takes the GPU where there is one. Starts from --start, or from nothing without it; where --out has a
checkpoint already, it goes on from that one. Every --save-every seconds the averaged network is
measured on the pack's val part and the checkpoint written; SIGTERM ends the run in the same way.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.checkpoint import Checkpoint
from training.device import detector, reader
from training.device.task import Task

WARM_UP_STEPS = 200
TASKS = {"reader": reader, "detector": detector}


def rate_at(step: int, done: float, rate: float) -> float:
    """Learning rate: warm-up, level until half of the time is done, then a cosine to nearly 0."""
    into = min(1.0, max(0.0, 2 * done - 1))
    return (
        rate
        * min(1.0, (step + 1) / WARM_UP_STEPS)
        * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * into)))
    )


def train(task: Task, options: argparse.Namespace, deadline: float) -> None:
    """Steps until the deadline (of time.monotonic) or SIGTERM, a checkpoint every few seconds."""
    trainer, begun = task.trainer, time.monotonic()
    settings = {name: str(value) for name, value in vars(options).items()}
    record: dict[str, Any] = {"settings": settings, "licences": task.licences}
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    saved, before, losses = begun, trainer.seconds, []
    while not stop and (now := time.monotonic()) < deadline:
        done = (now - begun) / (deadline - begun)
        loss = task.loss(trainer.step)
        trainer.update(loss, rate_at(trainer.step, done, options.rate))
        losses.append(loss.detach())
        trainer.seconds = before + time.monotonic() - begun
        if time.monotonic() - saved > options.save_every:
            report(task, losses, record, options.out)
            saved, losses = time.monotonic(), []
    if losses:
        report(task, losses, record, options.out)


def report(task: Task, losses: list[Tensor], record: dict[str, Any], out: Path) -> None:
    """Measure, print a line, and write the checkpoint."""
    record["scores"] = task.measure()
    loss = float(torch.stack(losses).mean())
    trainer = task.trainer
    line = {"step": trainer.step, "seconds": round(trainer.seconds), "loss": round(loss, 4)}
    print(json.dumps(line | {"val": record["scores"]}), flush=True)
    trainer.checkpoint(record).save(out)


def main() -> None:
    """Command line."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("network", choices=TASKS)
    parser.add_argument("--pack", type=Path, default=Path("build/pack"))
    parser.add_argument("--start", type=Path, help="checkpoint to start from, else from nothing")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True, help="in all, loading included")
    parser.add_argument("--batch", type=int, help="crops, or 256x384 inputs, in a step")
    parser.add_argument("--rate", type=float, help="learning rate")
    parser.add_argument("--save-every", type=float, default=60, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count() or 1)
    torch.manual_seed(options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    module = TASKS[options.network]
    options.batch = options.batch or module.BATCH[device.type]
    options.rate = options.rate or module.RATE
    start = options.out if options.out.exists() else options.start
    checkpoint = Checkpoint.load(start) if start else None
    task = module.prepare(options, device, checkpoint.architecture if checkpoint else {})
    if checkpoint:
        task.trainer.restore(checkpoint)
        if start == options.start:
            task.trainer.step, task.trainer.seconds = 0, 0.0
    line = {"on": str(device), "batch": options.batch, "loaded": round(time.monotonic() - began)}
    print(json.dumps({"network": options.network, **line}), flush=True)
    train(task, options, began + 60 * options.minutes)


if __name__ == "__main__":
    main()
