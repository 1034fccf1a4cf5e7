"""How the detector's weights are moved."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils import convert_conv2d_weight_memory_format

from training.detector.model import DetectorNet
from training.trainer import Trainer

MAX_NORM, MAX_DECAY = 5.0, 0.9995


def new_trainer(
    rate: float, device: torch.device | None = None, **architecture: Any
) -> Trainer[DetectorNet]:
    """A fresh network and AdamW; normalisation and biases are not decayed."""
    net = DetectorNet(**architecture).to(device)
    convert_conv2d_weight_memory_format(net, torch.channels_last)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=rate, fused=True)
    return Trainer(net, [adam], architecture, max_norm=MAX_NORM, max_decay=MAX_DECAY)
