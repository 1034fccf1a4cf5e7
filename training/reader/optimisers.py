"""How the reader's weights are moved."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from training.reader.model import ReaderNet
from training.reader.muon import Muon
from training.trainer import Trainer

MAX_NORM, MAX_DECAY, WEIGHT_DECAY = 2.0, 0.999, 0.03


def new_trainer(
    rate: float, device: torch.device | None = None, **architecture: Any
) -> Trainer[ReaderNet]:
    """Muon for the weights within the network; AdamW for its ends, biases, norms and places."""
    net = ReaderNet(**architecture).to(device)
    convert_conv2d_weight_memory_format(net, torch.channels_last)
    inner: list[nn.Parameter] = []
    outer: list[nn.Parameter] = []
    for name, weight in net.named_parameters():
        ends = name.startswith(("features.0", "classify", "places"))
        (outer if weight.ndim < 2 or ends else inner).append(weight)
    muon = Muon(inner, rate, weight_decay=WEIGHT_DECAY)
    adam = torch.optim.AdamW(outer, rate, weight_decay=WEIGHT_DECAY)
    return Trainer(net, [muon, adam], architecture, max_norm=MAX_NORM, max_decay=MAX_DECAY)
