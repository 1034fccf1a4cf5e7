"""The reader's training on the device: loss of a step, and share of val read without a fault."""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor

from alpr.engines.embedded.ctc import decode
from training.alphabet import ALPHABET, FOLD
from training.device.plates import Plates, load_plates
from training.device.reader_batches import ReaderBatches, plain_crops, spoiled_crops
from training.device.task import Scores, Task
from training.pack.images import ImagePack
from training.reader.loss import ctc_loss
from training.reader.model import ReaderNet
from training.reader.optimisers import new_trainer
from training.reader.shape import STEPS

BATCH = {"cuda": 1024, "cpu": 64}
RATE = 1.5e-3
REAL_SHARE = 0.5
"""Of a batch: real plates; the rest is rendered."""
MEASURED_AT_ONCE = 256
SPOILED_SEEDS = (1, 2, 3)


def prepare(
    options: argparse.Namespace, device: torch.device, architecture: dict[str, Any]
) -> Task:
    """The reader, to be trained on the pack."""
    crops = ImagePack.load(options.pack / "crops.pack")
    rendered = ImagePack.load(options.pack / "plates.pack")
    real = load_plates(crops.of_split("train"), 1, device)
    validation = load_plates(crops.of_split("val"), 1, device)
    plates = load_plates(rendered, 3, device)
    trainer = new_trainer(options.rate, device, **architecture)
    batches = ReaderBatches(real, plates, options.batch, REAL_SHARE, options.seed)
    licences = crops.licences | rendered.licences
    return Task(
        trainer,
        lambda step: loss_of_step(trainer.net, batches, step),
        lambda: measure(trainer.average, validation),
        licences,
    )


def loss_of_step(net: ReaderNet, batches: ReaderBatches, step: int) -> Tensor:
    """The loss of the step's batch."""
    with torch.no_grad():
        crops, lines, lengths = batches.draw(step)
    net.train()
    with torch.autocast(crops.device.type, dtype=torch.bfloat16):
        logits = net(crops.contiguous(memory_format=torch.channels_last))
    return ctc_loss(logits, lines.flatten(0, 1), lengths.flatten())


@torch.no_grad()
def measure(net: ReaderNet, plates: Plates) -> Scores:
    """Share of the plates read without a fault, O=0, Q=0 and I=1 folded: clear, and spoiled.

    Clear plates are soon read as well as their labels allow; spoiled ones tell readers apart.
    """
    net.eval()
    spoiled = [share_read(net, spoiled_crops(plates, seed), plates) for seed in SPOILED_SEEDS]
    return {
        "read": round(share_read(net, plain_crops(plates), plates), 4),
        "spoiled": round(sum(spoiled) / len(spoiled), 4),
        "plates": len(plates),
    }


def share_read(net: ReaderNet, crops: Tensor, plates: Plates) -> float:
    """Share of the crops whose text is that of the plates."""
    parts = crops.split(MEASURED_AT_ONCE)
    read = torch.cat([net(part).softmax(-1) for part in parts]).cpu().numpy()
    texts = (decode(one, STEPS, ALPHABET).text for one in read)
    pairs = zip(texts, plates.texts(), strict=True)
    right = [ours.translate(FOLD) == theirs.translate(FOLD) for ours, theirs in pairs]
    return sum(right) / len(right)
