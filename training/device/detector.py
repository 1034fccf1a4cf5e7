"""The detector's training on the device: loss of a step, and recall and false boxes on val."""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor

from alpr.engines.embedded.suppression import non_max_suppression
from training.detector.inference import NMS_IOU, above
from training.detector.loss import detector_loss
from training.detector.metrics import Row, score
from training.detector.model import DetectorNet, decode, positions
from training.detector.optimisers import new_trainer
from training.detector.weights import WEIGHTS
from training.device.detector_batches import DetectorBatches, padded_photos
from training.device.photos import Photos, load_photos
from training.device.plates import load_plates
from training.device.task import Task
from training.pack.images import PHOTO_SIDE, ImagePack

BATCH = {"cuda": 96, "cpu": 8}
RATE = 1.2e-3
THRESHOLD = 0.4
INPUT_PIXELS = 256 * 384
MEASURED_AT_ONCE = 32


def prepare(
    options: argparse.Namespace, device: torch.device, architecture: dict[str, Any]
) -> Task:
    """The detector, to be trained on the pack."""
    pack = ImagePack.load(options.pack / "photos.pack")
    rendered = ImagePack.load(options.pack / "plates.pack")
    photos = load_photos(pack.of_split("train"), WEIGHTS).to(device)
    validation = load_photos(pack.of_split("val"), {}).to(device)
    plates = load_plates(rendered, 3, device)
    trainer = new_trainer(options.rate, device, **architecture)
    batches = DetectorBatches(photos, plates, options.batch * INPUT_PIXELS, options.seed)
    return Task(
        trainer,
        lambda step: loss_of_step(trainer.net, batches, step),
        lambda: measure(trainer.average, validation),
        pack.licences | rendered.licences,
    )


def loss_of_step(net: DetectorNet, batches: DetectorBatches, step: int) -> Tensor:
    """The loss of the step's batch."""
    with torch.no_grad():
        images, boxes = batches.draw(step)
    net.train()
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        raw = net(images.contiguous(memory_format=torch.channels_last))
    return detector_loss(raw.float(), boxes, images.shape[2], images.shape[3])[0]


@torch.no_grad()
def measure(net: DetectorNet, photos: Photos) -> Row:
    """Recall, false boxes and tightness on whole photos at their packed size."""
    net.eval()
    images, labelled = padded_photos(photos)
    points, found = positions(PHOTO_SIDE, PHOTO_SIDE, images.device), []
    for part in images.split(MEASURED_AT_ONCE):
        raw = net(part.float())
        rows = torch.cat([decode(raw, points), raw[..., :1].sigmoid()], -1).cpu().numpy()
        found += [non_max_suppression(above(one, THRESHOLD), NMS_IOU) for one in rows]
    return score([boxes.cpu().numpy() for boxes in labelled], found, THRESHOLD)
